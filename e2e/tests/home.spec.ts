import { processesOf, variablesOf } from '../carrel/machine.ts';
import { choose, homeAs, newSession, row, tile } from '../carrel/pages.ts';
import { ada } from '../carrel/server.ts';
import { expect, test } from '../carrel/test.ts';

test('the list of sessions: live, rename, filter, act on several, Force Quit', async ({ page, carrel, asAda }) => {
  await homeAs(page, carrel, ada);
  const launched = await Promise.all(['churn', 'prices', 'traffic', 'weather'].map((name) => asAda.launch('vscode', name)));
  // What is started elsewhere appears by itself.
  for (const { id, name } of launched) {
    await asAda.becomes(id, 'Active', 'Idle');
    await expect(row(page, name)).toContainText(/Active|Idle/);
  }

  await choose(page, 'churn', 'Rename…');
  const rename = page.getByRole('dialog', { name: 'Rename churn' });
  await rename.getByLabel('Name').fill('Abwanderung 🚪 <b>neu</b>');
  await rename.getByRole('button', { name: 'Rename' }).click();
  await expect(page.getByText('Abwanderung 🚪 <b>neu</b>').first()).toBeVisible();

  await page.getByLabel('Filter sessions').fill('prices');
  await expect(row(page, 'traffic')).toBeHidden();
  await expect(row(page, 'prices')).toBeVisible();
  await page.getByLabel('Filter sessions').fill('');

  await page.getByRole('button', { name: 'Choose several' }).click();
  for (const name of ['prices', 'traffic']) await page.getByLabel(`Choose ${name}`).check();
  await page.getByRole('button', { name: 'Suspend', exact: true }).click();
  for (const name of ['prices', 'traffic']) {
    await expect(row(page, name)).toContainText('Suspended', { timeout: 60_000 });
  }
  await expect(row(page, 'weather')).toContainText(/Active|Idle/);

  await choose(page, 'weather', 'Force Quit…');
  const sure = page.getByRole('dialog', { name: 'Force Quit weather?' });
  await sure.getByRole('button', { name: 'Force Quit' }).click();
  await expect(row(page, 'weather')).toBeHidden({ timeout: 60_000 });
});

test('a name that cannot be is refused at its field, and nothing is launched', async ({ page, carrel, asAda }) => {
  await homeAs(page, carrel, ada);
  const dialog = await newSession(page);
  await tile(dialog, 'VS Code').check({ force: true });
  const name = dialog.getByLabel('Name', { exact: true });
  await name.fill('x'.repeat(1 << 20));
  await dialog.getByRole('button', { name: 'Launch', exact: true }).click();
  await expect(dialog.getByText(/name/i).and(dialog.locator('p, div[id$=-error]')).first()).toBeVisible();
  await expect(dialog).toBeVisible();
  expect(await asAda.sessions()).toEqual([]);
});

test('environment variables of New Session reach the IDE; a name that cannot be is refused at the field', async ({ page, carrel, asAda }) => {
  await homeAs(page, carrel, ada);
  const dialog = await newSession(page);
  await tile(dialog, 'VS Code').check({ force: true });
  const variables = dialog.getByLabel('Environment variables');
  await expect(variables).toBeHidden();
  await dialog.getByText('More', { exact: true }).click();
  await variables.fill('1ST=a');
  const launch = dialog.getByRole('button', { name: 'Launch', exact: true });
  await launch.click();
  await expect(dialog).toContainText('The variable “1ST” needs a name of letters, digits and “_”');
  expect(await asAda.sessions()).toEqual([]);
  await variables.fill('GREETING=two words = good');
  await expect(dialog).toContainText("--env 'GREETING=two words = good'");
  await launch.click();
  await expect(page).toHaveURL(/\/(sessions\/[^/]+\/start|s\/[^/]+\/)/);
  const [session] = await asAda.sessions();
  await asAda.becomes(session?.id ?? '', 'Active', 'Idle');
  const given = processesOf(carrel.home).map(variablesOf);
  expect(given.some((all) => all.includes('GREETING=two words = good'))).toBe(true);
});

test('the command of New Session is copied whole, and Escape closes the dialog without launching', async ({ page, carrel, asAda }) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await homeAs(page, carrel, ada);
  const dialog = await newSession(page);
  await tile(dialog, 'VS Code').check({ force: true });
  await dialog.getByLabel('Name', { exact: true }).fill("Ada's plan");
  await dialog.getByRole('button', { name: 'Copy command' }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe("carrel session launch --ide vscode --name 'Ada'\\''s plan' --resource-profile small");
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  expect(await asAda.sessions()).toEqual([]);
});

test('New Session is opened, filled in and launched with keys alone', async ({ page, carrel, asAda }) => {
  await homeAs(page, carrel, ada);
  await expect(page.getByRole('heading', { name: 'Start a session' })).toBeVisible();
  await page.keyboard.press('n');
  const name = page.getByRole('dialog', { name: 'New Session' }).getByLabel('Name', { exact: true });
  await expect(name).toBeFocused();
  await page.keyboard.type('by-keys');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/(sessions\/[^/]+\/start|s\/[^/]+\/)/);
  expect((await asAda.sessions()).map((session) => session.name)).toEqual(['by-keys']);
});
