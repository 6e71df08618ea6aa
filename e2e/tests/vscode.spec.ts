import { homeAs, launch } from '../carrel/pages.ts';
import { ada } from '../carrel/server.ts';
import { expect, test } from '../carrel/test.ts';
import { inTerminal, vscodeReady } from '../carrel/vscode.ts';

test('VS Code: launch and type in a terminal', async ({ page, carrel }) => {
  await homeAs(page, carrel, ada);
  await launch(page, 'vscode', 'pipeline');
  await vscodeReady(page);
  // Reckoned by the shell, so that the echo of the keys is not taken for the answer.
  await inTerminal(page, 'echo "carrel-$((6 * 7)) $HOME"', `carrel-42 ${carrel.home}`);
  expect(await page.evaluate(() => window.isSecureContext)).toBe(true);
});
