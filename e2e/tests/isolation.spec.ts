import { homeAs, row } from '../carrel/pages.ts';
import { bob } from '../carrel/server.ts';
import { expect, test } from '../carrel/test.ts';
import { upgrade } from '../carrel/websocket.ts';

test('nobody reaches the session of somebody else', async ({ page, carrel, asAda, asBob, playwright }) => {
  const { id } = await asAda.launch('jupyterlab', 'private');
  await asAda.becomes(id, 'Active', 'Idle');
  const socket = `/s/${id}/api/events/subscribe`;

  await test.step('the owner does', async () => {
    expect((await asAda.http.get(`/s/${id}/api/status`)).status()).toBe(200);
    const headers = { cookie: await asAda.cookie(), origin: carrel.url };
    expect((await upgrade(carrel, socket, headers)).status).toBe(101);
  });

  await test.step('another user is told what is told of a session that never was', async () => {
    const never = `${'0'.repeat(id.length)}`;
    const calls: ['get' | 'post' | 'delete' | 'patch', string, unknown?][] = [
      ['get', '/api/v1/sessions/ID'],
      ['get', '/api/v1/sessions/ID/events'],
      ['get', '/api/v1/sessions/ID/logs'],
      ['get', '/api/v1/sessions/ID/usage'],
      ['post', '/api/v1/sessions/ID/suspend'],
      ['post', '/api/v1/sessions/ID/resume'],
      ['post', '/api/v1/sessions/ID/keep', { until: '2099-01-01T00:00:00Z' }],
      ['patch', '/api/v1/sessions/ID', { name: 'taken-over' }],
      ['delete', '/api/v1/sessions/ID?force=true'],
      ['get', '/s/ID/'],
      ['get', '/s/ID/api/status'],
      ['post', '/s/ID/api/kernels', {}],
    ];
    for (const [method, path, data] of calls) {
      const told = async (session: string) => {
        const answer = await asBob.http[method](path.replace('ID', session), { data });
        // But for the number of the request, and the address where the answer repeats it.
        const request = answer.headers()['x-request-id'] ?? '';
        expect(request).not.toBe('');
        return [answer.status(), (await answer.text()).replaceAll(session, 'ID').replaceAll(request, 'REQUEST')];
      };
      expect(await told(id), `${method} ${path}`).toEqual(await told(never));
      expect((await told(id))[0], `${method} ${path}`).toBe(404);
    }
    expect((await asAda.session(id)).name).toBe('private');
  });

  await test.step('another user gets no websocket', async () => {
    const headers = { cookie: await asBob.cookie(), origin: carrel.url };
    expect((await upgrade(carrel, socket, headers)).status).toBe(404);
  });

  await test.step('nobody without a sign-in gets anything', async () => {
    const anybody = await playwright.request.newContext({ baseURL: carrel.url });
    expect((await anybody.get(`/api/v1/sessions/${id}`)).status()).toBe(401);
    const page = await anybody.get(`/s/${id}/lab`, { maxRedirects: 0 });
    expect([303, 401]).toContain(page.status());
    expect((await upgrade(carrel, socket, { origin: carrel.url })).status).toBe(401);
  });

  await test.step('a page of another site gets no websocket in the name of the owner', async () => {
    const headers = { cookie: await asAda.cookie(), origin: 'http://evil.example' };
    expect((await upgrade(carrel, socket, headers)).status).toBe(403);
    const posted = await asAda.http.post(`/s/${id}/api/kernels`, { headers: { origin: 'http://evil.example' } });
    expect(posted.status()).toBe(403);
  });

  await test.step('the home page of another user does not show it', async () => {
    await homeAs(page, carrel, bob);
    await expect(row(page, 'private')).toHaveCount(0);
    await page.goto(`/s/${id}/`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    expect(await page.content()).not.toContain('private');
  });
});
