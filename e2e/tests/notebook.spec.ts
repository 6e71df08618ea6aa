import { Notebook } from '../carrel/jupyter.ts';
import { homeAs, launch } from '../carrel/pages.ts';
import { ada } from '../carrel/server.ts';
import { expect, test } from '../carrel/test.ts';

test('Jupyter Notebook: launch and run Python', async ({ page, carrel }) => {
  await homeAs(page, carrel, ada);
  await launch(page, 'notebook', 'first-look');
  const notebook = await Notebook.inNotebook(page, /Python 3/);
  expect(await notebook.run('import sys\nprint(sys.version_info.major, 6 * 7)')).toBe('3 42');
});
