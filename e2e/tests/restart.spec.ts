import { Notebook } from '../carrel/jupyter.ts';
import { choose, homeAs, launch, row } from '../carrel/pages.ts';
import { ada } from '../carrel/server.ts';
import { expect, test } from '../carrel/test.ts';

test('the server is killed with -9, and the same tab goes on with the same kernel', async ({ page, carrel, asAda }) => {
  await homeAs(page, carrel, ada);
  const id = await launch(page, 'jupyterlab', 'long-run');
  const notebook = await Notebook.inLab(page, /Python 3/);
  const kernel = await notebook.run('import os\nanswer = 41\nprint(os.getpid())');
  const before = await asAda.session(id);

  await carrel.kill();
  notebook.forget();
  await carrel.run();

  await notebook.heardAgain();
  expect(await notebook.run('print(os.getpid(), answer + 1)')).toBe(`${kernel} 42`);
  const after = await asAda.becomes(id, 'Active', 'Idle');
  expect(after.generation).toBe(before.generation);
});

test('while the server is away the pages say so, and what they show comes back by itself', async ({ page, carrel, asAda }) => {
  const { id } = await asAda.launch('vscode', 'stays');
  await asAda.becomes(id, 'Active', 'Idle');
  await homeAs(page, carrel, ada);
  const main = page.getByRole('main');
  await expect(row(page, 'stays')).toContainText(/Active|Idle/);
  await carrel.kill();
  await expect(main).toContainText('Not connected, trying again.');
  await choose(page, 'stays', 'Suspend');
  await expect(main).toContainText('stays was not suspended. The server cannot be reached.');

  // What failed stays on its page; what is known is shown, what is not can be asked for again.
  await row(page, 'stays').getByRole('link', { name: 'stays', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('stays');
  await expect(main).not.toContainText('was not suspended');
  await expect(main).toContainText('Not connected, trying again.');
  await page.getByRole('link', { name: 'Settings' }).first().click();
  await expect(main).toContainText('Your sign-ins could not be loaded. The server cannot be reached.');
  await expect(main.getByRole('button', { name: 'Load again' }).first()).toBeVisible();

  await carrel.run();
  await expect(main).not.toContainText('Not connected');
  await expect(main).toContainText('This browser');
  await expect(main).not.toContainText('could not be loaded');
});
