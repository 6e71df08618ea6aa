import { Api } from '../carrel/api.ts';
import { homeAs } from '../carrel/pages.ts';
import { ada } from '../carrel/server.ts';
import { expect, test } from '../carrel/test.ts';
import { upgrade } from '../carrel/websocket.ts';

test('a token made in the page opens the API to a script, until it is revoked', async ({ page, carrel, playwright }) => {
  await homeAs(page, carrel, ada);
  await page.goto('/settings');
  await page.getByRole('button', { name: 'New token' }).click();
  const dialog = page.getByRole('dialog', { name: 'New token' });
  await dialog.getByLabel('Name').fill('nightly');
  await dialog.getByRole('button', { name: 'Make token' }).click();
  const secret = await page.getByRole('dialog', { name: 'nightly' }).locator('code').innerText();
  expect(secret).toMatch(/^carrel_/);
  await page.getByRole('button', { name: 'Done' }).click();

  const http = await playwright.request.newContext({
    baseURL: carrel.url,
    extraHTTPHeaders: { authorization: `Bearer ${secret}` },
  });
  expect((await http.get('/api/v1/me')).status()).toBe(200);
  await page.getByRole('button', { name: 'Revoke nightly' }).click();
  await expect(page.getByRole('button', { name: 'Revoke nightly' })).toBeHidden();
  await expect.poll(async () => (await http.get('/api/v1/me')).status(), { timeout: 5_000 }).toBe(401);
});

test('signing out everywhere else ends a websocket into a session within five seconds', async ({ page, carrel, asAda }) => {
  const { id } = await asAda.launch('jupyterlab', 'open-elsewhere');
  await asAda.becomes(id, 'Active', 'Idle');
  const headers = { cookie: await asAda.cookie(), origin: carrel.url };
  const { status, socket } = await upgrade(carrel, `/s/${id}/api/events/subscribe`, headers);
  expect(status).toBe(101);
  let open = true;
  socket?.on('close', () => {
    open = false;
  });
  socket?.resume();

  await homeAs(page, carrel, ada);
  await page.goto('/settings');
  expect(open).toBe(true);
  await page.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await expect.poll(() => open, { timeout: 5_000 }).toBe(false);
  // This browser stays signed in, and the session goes on.
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Settings', level: 1 })).toBeVisible();
  const again = await Api.as(carrel, ada);
  expect(['Active', 'Idle']).toContain((await again.session(id)).state);
});
