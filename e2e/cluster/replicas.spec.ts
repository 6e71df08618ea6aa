import { Kernel } from '../carrel/kernel.ts';
import { upgrade } from '../carrel/websocket.ts';
import { expect, test } from './test.ts';

test('any replica serves any session, and none of them is missed', async ({ carrel, asTestUser }) => {
  const replicas = await carrel.hasReplicas(3);
  const { id } = await asTestUser.launch('jupyterlab', 'spread');
  await asTestUser.becomes(id, 'Active', 'Idle');

  await test.step('requests and websockets go through all of them', async () => {
    const before = await Promise.all(replicas.map((replica) => carrel.passedOn(replica)));
    const answers = Array.from({ length: 60 }, () => asTestUser.http.get(`/s/${id}/api/status`));
    for (const answer of await Promise.all(answers)) expect(answer.status()).toBe(200);
    const headers = { cookie: await asTestUser.cookie(), origin: carrel.url };
    for (let time = 0; time < 12; time += 1) {
      const { status, socket } = await upgrade(carrel, `/s/${id}/api/events/subscribe`, headers);
      expect(status).toBe(101);
      socket?.destroy();
    }
    const after = await Promise.all(replicas.map((replica) => carrel.passedOn(replica)));
    for (const [at, replica] of replicas.entries()) {
      expect((after[at] ?? 0) - (before[at] ?? 0), `${replica.name} passed on nothing`).toBeGreaterThan(0);
    }
  });

  await test.step('each replica is deleted in the middle, and kernel and sign-in stay', async () => {
    const kernel = await Kernel.start(asTestUser, carrel.url, id);
    const pid = (await kernel.run('import os\nkept = 41\nprint(os.getpid())')).trim();
    const gone: string[] = [];
    for (const replica of replicas) {
      await carrel.removeReplica(replica);
      gone.push(replica.name);
      await carrel.hasReplicas(2, gone);
      expect((await kernel.run('print(os.getpid(), kept + 1)')).trim()).toBe(`${pid} 42`);
      expect((await asTestUser.http.get('/api/v1/me')).status()).toBe(200);
      expect((await asTestUser.session(id)).generation).toBe(1);
    }
    await carrel.hasReplicas(3, gone);
  });

  await test.step('a launch goes on although the replica that supervises it is deleted', async () => {
    const launched = await asTestUser.launch('notebook', 'moved');
    const all = await carrel.hasReplicas(3);
    for (const replica of all) await carrel.removeReplica(replica);
    // While none is left, nobody answers.
    await carrel.hasReplaced(all);
    const ready = await asTestUser.becomes(launched.id, 'Active', 'Idle');
    expect(ready.generation).toBe(1);
  });

  await test.step('suspend and resume', async () => {
    await carrel.hasReplicas(3);
    await asTestUser.suspend(id);
    await asTestUser.becomes(id, 'Suspended');
    expect((await asTestUser.http.post(`/api/v1/sessions/${id}/resume`)).status()).toBe(202);
    expect((await asTestUser.becomes(id, 'Active', 'Idle')).generation).toBe(2);
  });
});
