import { testUser } from '../carrel/cluster.ts';
import { Notebook } from '../carrel/jupyter.ts';
import { homeAs, launch } from '../carrel/pages.ts';
import { inTerminal, vscodeReady } from '../carrel/vscode.ts';
import { expect, test } from './test.ts';

/** What a session may say of itself: the person's account, and nothing of root. */
const WHO = "import os, pwd\nprint(os.getuid() > 0, pwd.getpwuid(os.getuid()).pw_name, os.path.expanduser('~'))";

test('JupyterLab in a pod: launch, join, run Python and R', async ({ page, carrel, asTestUser }) => {
  await homeAs(page, carrel, testUser);
  const id = await launch(page, 'jupyterlab', 'lab-in-a-pod');
  const notebook = await Notebook.inLab(page, /Python 3/);
  expect(await notebook.run(WHO)).toBe('True rstudio /home/rstudio');
  const inR = await Notebook.inLab(page, /^\s*R\s*$/);
  expect(await inR.run('cat(R.version$language, 6 * 7)')).toBe('R 42');
  expect((await asTestUser.session(id)).state).toBe('Active');
});

test('Jupyter Notebook in a pod: launch, join, run Python', async ({ page, carrel, asTestUser }) => {
  await homeAs(page, carrel, testUser);
  await launch(page, 'notebook', 'notebook-in-a-pod');
  const notebook = await Notebook.inNotebook(page, /Python 3/);
  expect(await notebook.run(WHO)).toBe('True rstudio /home/rstudio');
  expect((await asTestUser.sessions()).map(({ name }) => name)).toContain('notebook-in-a-pod');
});

test('VS Code in a pod: launch, join, type in a terminal', async ({ page, carrel, asTestUser }) => {
  await homeAs(page, carrel, testUser);
  await launch(page, 'vscode', 'code-in-a-pod');
  await vscodeReady(page);
  await inTerminal(page, 'echo "carrel-$((6 * 7)) $(id -un) $HOME"', 'carrel-42 rstudio /home/rstudio');
  expect((await asTestUser.sessions()).map(({ name }) => name)).toContain('code-in-a-pod');
});

test('what one session wrote into the home folder is there in another', async ({ carrel, asTestUser }) => {
  const written = await asTestUser.launch('jupyterlab', 'writes');
  await asTestUser.becomes(written.id, 'Active', 'Idle');
  const file = { type: 'file', format: 'text', content: `by ${written.id}` };
  const headers = await asTestUser.ofJupyter(written.id);
  const put = await asTestUser.http.put(`/s/${written.id}/api/contents/kept.txt`, { headers, data: file });
  expect([200, 201], await put.text()).toContain(put.status());
  await asTestUser.quit(written.id);
  await asTestUser.becomes(written.id, 'Stopped');
  const reads = await asTestUser.launch('notebook', 'reads');
  await asTestUser.becomes(reads.id, 'Active', 'Idle');
  const got = await asTestUser.http.get(`${carrel.url}/s/${reads.id}/api/contents/kept.txt`);
  expect(((await got.json()) as { content: string }).content).toBe(file.content);
});
