import { existsSync } from 'node:fs';
import { Notebook } from '../carrel/jupyter.ts';
import { choose, homeAs, ideOpened, launch, row } from '../carrel/pages.ts';
import { ada } from '../carrel/server.ts';
import { expect, test } from '../carrel/test.ts';

/** Where Debian puts R's kernel; `cargo xtask test` installs it as root. */
const hasR = existsSync('/usr/share/jupyter/kernels/ir');

test('JupyterLab: launch, run Python and R, suspend, resume, quit', async ({ page, carrel, asAda }) => {
  await homeAs(page, carrel, ada);
  const id = await launch(page, 'jupyterlab', 'sales-forecast');
  const notebook = await Notebook.inLab(page, /Python 3/);
  expect(await notebook.run('print(6 * 7)')).toBe('42');

  if (hasR) {
    const inR = await Notebook.inLab(page, /^\s*R\s*$/);
    expect(await inR.run('cat(R.version$language, 6 * 7)')).toBe('R 42');
  }

  const home = await page.context().newPage();
  await home.goto('/');
  await expect(row(home, 'sales-forecast')).toContainText('Active');
  await choose(home, 'sales-forecast', 'Suspend');
  await expect(row(home, 'sales-forecast')).toContainText('Suspended', { timeout: 60_000 });

  // Its own address offers to go on, to whoever comes by a bookmark.
  await page.goto(`/s/${id}/`);
  await page.getByRole('button', { name: 'Resume' }).click();
  await ideOpened(page);
  await expect(page.locator('.jp-LabShell')).toBeVisible({ timeout: 90_000 });
  expect((await asAda.session(id)).generation).toBe(2);
  // Files stay over a suspension.
  await expect(page.locator('.jp-DirListing-item', { hasText: 'Untitled.ipynb' })).toBeVisible();

  await choose(home, 'sales-forecast', 'Quit');
  await expect(row(home, 'sales-forecast')).toBeHidden({ timeout: 60_000 });
  expect((await asAda.session(id)).state).toBe('Stopped');
});
