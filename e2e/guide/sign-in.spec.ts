import { expect, test } from '@playwright/test';
import { signIn } from '../carrel/pages.ts';

const user = { name: 'rstudio', password: 'rstudio' };

test('a wrong password is refused, and the test user of the guide signs in', async ({ page }) => {
  await page.goto('/');
  await signIn(page, { ...user, password: 'wrong' });
  await expect(page.getByRole('alert')).toBeVisible();
  await signIn(page, user);
  await expect(page.getByRole('heading', { name: 'Sessions', level: 1 })).toBeVisible();
});
