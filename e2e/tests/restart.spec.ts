import { Notebook } from '../carrel/jupyter.ts';
import { homeAs, launch } from '../carrel/pages.ts';
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
