import { Notebook } from '../carrel/jupyter.ts';
import {
  answerOf,
  commandOf,
  connectAs,
  isLoopback,
  isPrivate,
  portsOf,
  processesOf,
  unixSocketsIn,
} from '../carrel/machine.ts';
import { homeAs, launch } from '../carrel/pages.ts';
import { account, ada } from '../carrel/server.ts';
import { expect, test } from '../carrel/test.ts';
import { until } from '../carrel/until.ts';
import { vscodeReady } from '../carrel/vscode.ts';

test('other accounts of the machine reach no session, and quitting leaves nothing behind', async ({
  page,
  carrel,
  asAda,
}) => {
  await homeAs(page, carrel, ada);
  await launch(page, 'jupyterlab', 'lab');
  const notebook = await Notebook.inLab(page, /Python 3/);
  expect(await notebook.run('print(1)')).toBe('1');
  const other = await page.context().newPage();
  await other.goto('/');
  await launch(other, 'vscode', 'code');
  await vscodeReady(other);

  const ofSessions = () => processesOf(carrel.home).filter((pid) => pid !== carrel.pid);
  expect(ofSessions().map(commandOf).join('\n')).toMatch(/ipykernel/);

  await test.step('no Unix socket lets another account in', () => {
    const sockets = unixSocketsIn(carrel.data);
    expect(sockets.length).toBeGreaterThanOrEqual(4);
    for (const socket of sockets) {
      const folders = ancestors(socket, carrel.scratch);
      expect(folders.some(isPrivate), `a folder above ${socket} is private`).toBe(true);
      // Only root can try as somebody else.
      if (account) expect(connectAs('nobody', socket), socket).toBe('EACCES');
    }
  });

  await test.step('no TCP port can be reached from outside, and none answers without its key', async () => {
    for (const { pid, address, port } of portsOf(ofSessions())) {
      const who = `port ${port} of ${commandOf(pid)}`;
      expect(isLoopback(address), `${who} is at ${address}`).toBe(true);
      // A kernel's port greets in a protocol of its own, and takes no message without its key.
      expect(await answerOf(port), who).not.toMatch(/^HTTP/);
    }
  });

  await test.step('quitting leaves no process behind', async () => {
    await page.close();
    await other.close();
    for (const session of await asAda.sessions()) {
      expect((await asAda.quit(session.id)).status()).toBe(202);
      await asAda.becomes(session.id, 'Stopped');
    }
    await until('no process of a session is left', 10_000, () => ofSessions().length === 0).catch((error: Error) => {
      throw new Error(`${error.message}\n${ofSessions().map(commandOf).join('\n')}`);
    });
  });
});

/** The folders that hold a path, from `top` downwards. */
function ancestors(path: string, top: string): string[] {
  const parts = path.slice(top.length + 1).split('/').slice(0, -1);
  return parts.map((_, end) => [top, ...parts.slice(0, end + 1)].join('/'));
}
