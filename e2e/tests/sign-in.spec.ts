import { signIn } from '../carrel/pages.ts';
import { ada } from '../carrel/server.ts';
import { expect, test } from '../carrel/test.ts';

test('a wrong password is refused without saying whether the user exists', async ({ page }) => {
  const refusals: string[] = [];
  for (const name of [ada.name, 'nobody-of-this-name']) {
    await page.goto('/sign-in');
    await signIn(page, { name, password: 'not this one' });
    const alert = page.getByRole('alert');
    await expect(alert).toBeVisible();
    refusals.push(await alert.innerText());
    await expect(page).toHaveURL(/\/sign-in/);
  }
  expect(refusals[0]).toBe(refusals[1]);
});

test('signing in leads where one wanted to go, and signing out ends it', async ({ page }) => {
  await page.goto('/settings');
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await signIn(page, ada);
  await expect(page).toHaveURL(/\/settings$/);
  await page.getByRole('button', { name: /Ada Byron/ }).first().click();
  await page.getByRole('menuitem', { name: 'Sign out', exact: true }).click();
  await expect(page).toHaveURL(/\/signed-out/);
  await page.goto('/settings');
  await expect(page).toHaveURL(/\/sign-in/);
});

test('next= cannot lead to another site', async ({ page, baseURL }) => {
  for (const next of ['https://evil.example/', '//evil.example/', '/\\evil.example/', '/\t/evil.example/']) {
    // The application leaves for the sign-in page by itself when it finds itself signed out.
    await page.goto('about:blank');
    await page.context().clearCookies();
    await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
    await signIn(page, ada);
    await page.waitForURL((url) => url.pathname !== '/sign-in');
    expect(new URL(page.url()).origin).toBe(baseURL);
  }
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('one can sign in', async ({ page, context }) => {
    await page.goto('/sign-in');
    await signIn(page, ada);
    await expect(page).not.toHaveURL(/\/sign-in/);
    const cookie = (await context.cookies()).find((one) => one.name === 'carrel');
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
  });
});
