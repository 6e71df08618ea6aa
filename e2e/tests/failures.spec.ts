import { homeAs, newSession, tile } from '../carrel/pages.ts';
import { ada } from '../carrel/server.ts';
import { expect, test } from '../carrel/test.ts';

/** An entry that runs a few lines of shell. */
function entry(id: string, name: string, script: string, program = 'sh'): string {
  return [
    `id = "${id}"`,
    `name = "${name}"`,
    'icon = "orbit"',
    '[program]',
    `requires = ["${program}"]`,
    '[start]',
    `command = ["{program}", "-c", "${script}"]`,
    '[http]',
    'strip_prefix = true',
    'ready = "/"',
  ].join('\n');
}

test.use({
  options: {
    arguments: ['--start-limit', '4'],
    ides: {
      'asleep.toml': entry('asleep', 'Asleep', 'echo waiting for a licence server; exec sleep 600'),
      'broken.toml': entry('broken', 'Broken', 'echo cannot open shared library libcarrel.so >&2; exit 127'),
      'absent.toml': entry('absent', 'Absent', '', 'no-such-ide-of-carrel'),
    },
  },
});

for (const [ide, name, said, because] of [
  ['asleep', 'Asleep', 'waiting for a licence server', /did not answer|not ready|no progress|answer/i],
  ['broken', 'Broken', 'cannot open shared library libcarrel.so', /ended|exit|127/i],
] as const) {
  test(`an IDE that is ${ide} fails with its cause and its last output`, async ({ page, carrel, asAda }) => {
    await homeAs(page, carrel, ada);
    const dialog = await newSession(page);
    await tile(dialog, name).check({ force: true });
    await dialog.getByLabel('Name', { exact: true }).fill(`will-fail`);
    await dialog.getByRole('button', { name: 'Launch', exact: true }).click();
    const main = page.getByRole('main');
    await expect(main).toContainText('Failed', { timeout: 60_000 });
    await expect(main).toContainText(because);
    await expect(main).toContainText(said);

    // The session's own address says the same.
    const session = (await asAda.sessions()).find((one) => one.name === 'will-fail');
    expect(session?.cause?.text).toMatch(because);
    await page.goto(`/s/${session?.id}/`);
    await expect(page.locator('body')).toContainText(because);
    await expect(page.locator('body')).toContainText(said);
    await expect(page.getByRole('button', { name: 'Start again' })).toBeVisible();
  });
}

test('an IDE whose program is missing is greyed and says so', async ({ page, carrel }) => {
  await homeAs(page, carrel, ada);
  const dialog = await newSession(page);
  await expect(tile(dialog, 'Absent')).toBeDisabled();
  await expect(dialog).toContainText(/Absent:.*no-such-ide-of-carrel/);
});
