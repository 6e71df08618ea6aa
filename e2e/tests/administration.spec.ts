import type { Locator, Page } from '@playwright/test';
import { Api } from '../carrel/api.ts';
import { isFit } from '../carrel/fit.ts';
import { homeAs, open } from '../carrel/pages.ts';
import { ada, type Carrel, grace } from '../carrel/server.ts';
import { expect, test } from '../carrel/test.ts';

const files = {
  'carrel.conf': ['site-name=Reading Room', 'idle-after=7', ''].join('\n'),
  'profiles': ['[*]', 'session-limit=3', '', '[ada]', 'session-timeout-minutes=45', ''].join('\n'),
  'launcher.local.profiles.conf': ['[*]', 'max-cpus=1', 'max-mem-mb=2048', ''].join('\n'),
  'launcher.local.resources.conf': [
    ...['[snug]', 'name=Snug', 'cpus=0.5', 'mem-mb=1024', ''],
    ...['[hall]', 'name=Hall', 'cpus=1.5', 'mem-mb=2048', ''],
  ].join('\n'),
};

test.use({ options: { config: files } });

// Each test finds the server with the files as they are above.
test.beforeEach(async ({ carrel }) => {
  for (const [name, text] of Object.entries(files)) carrel.configure(name, text);
  const answer = await (await Api.as(carrel, grace)).http.post('/api/v1/admin/configuration/reload');
  expect(await answer.json()).toMatchObject({ applied: true });
});

/** The row of a table whose first cell begins so. */
const row = (within: Locator, first: string) =>
  within.getByRole('row').filter({ has: within.page().locator('td:first-child').getByText(first, { exact: true }) });

/** The page Configuration, reached as a person does. */
async function configuration(page: Page, carrel: Carrel): Promise<Locator> {
  await homeAs(page, carrel, grace);
  await page.getByRole('link', { name: 'Configuration' }).first().click();
  const settings = page.getByRole('region', { name: 'Settings' });
  await expect(settings).toBeVisible();
  return settings;
}

test('each setting stands there with its file and line, and is found by typing', async ({ page, carrel }) => {
  const settings = await configuration(page, carrel);
  const name = row(settings, 'site-name');
  await expect(name).toContainText('Reading Room');
  await expect(name.getByTitle(/^\/.*\/config\/carrel\.conf:1$/)).toBeVisible();
  await expect(name).toContainText(/carrel\.conf:1(?!\d)/);
  const limit = row(settings, '[ada] session-timeout-minutes');
  await expect(limit).toContainText('45');
  await expect(limit).toContainText(/profiles:5(?!\d)/);
  await expect(row(settings, 'www-frame-origin')).toHaveCount(0);

  const filter = page.getByLabel('Filter settings');
  await filter.fill('profiles:2');
  await expect(row(settings, '[*] session-limit')).toBeVisible();
  await expect(name).toBeHidden();
  await page.reload();
  await expect(row(settings, '[*] session-limit')).toBeVisible();
  await expect(name).toBeHidden();
  await filter.fill('no such thing');
  await expect(settings).toContainText('Nothing matches “no such thing”.');
  await filter.press('Escape');
  await expect(name).toBeVisible();

  const all = page.getByRole('switch', { name: 'Also what no file sets' });
  await all.click({ force: true });
  await expect(all).toBeChecked();
  await expect(row(settings, 'www-frame-origin')).toContainText('default');
});

test('Reload says what changed, and what of it needs a restart', async ({ page, carrel, browser }) => {
  await configuration(page, carrel);
  const reload = page.getByRole('button', { name: 'Reload' });
  const main = page.getByRole('main');
  await reload.click();
  await expect(main).toContainText('The files were read again. They say nothing else than before.');

  carrel.configure('carrel.conf', ['site-name=Quiet Room', 'proxy-threads=3', ''].join('\n'));
  await reload.click();
  await expect(main).toContainText('The files were read again: 3 changes. 2 now in force, 1 after a restart.');
  const changed = page.getByRole('region', { name: 'What changed' });
  await expect(row(changed, 'site-name')).toContainText(/Reading Room\s*Quiet Room\s*now/);
  await expect(row(changed, 'idle-after')).toContainText(/7\s*not set\s*now/);
  await expect(row(changed, 'proxy-threads')).toContainText(/not set\s*3\s*after a restart/);
  await expect(row(page.getByRole('region', { name: 'Settings' }), 'site-name')).toContainText('Quiet Room');
  // It is in force here and for everybody else.
  await expect(page.getByLabel('Sidebar')).toContainText('Quiet Room');
  const other = await browser.newPage();
  await other.goto(`${carrel.url}/sign-in`);
  await expect(other.locator('body')).toContainText('Quiet Room');
  await other.close();

  await page.reload();
  await expect(main).toContainText(/Waits for a restart: carrel\.conf: proxy-threads: \(not set\) → 3/);
});

test('files with errors are not taken: each error stands there with its line', async ({ page, carrel }) => {
  const settings = await configuration(page, carrel);
  const path = carrel.configure('carrel.conf', ['site-name=Loud Room', '', 'idle-after=soon', ''].join('\n'));
  await page.getByRole('button', { name: 'Reload' }).click();
  const main = page.getByRole('main');
  await expect(main).toContainText('The files have errors. What was in force before still is.');
  const errors = page.getByRole('region', { name: 'Errors' });
  await expect(errors).toContainText(`${path}:3`);
  await expect(errors).toContainText('soon');
  await expect(row(settings, 'site-name')).toContainText('Reading Room');
  await page.reload();
  await expect(page.getByLabel('Sidebar')).toContainText('Reading Room');

  carrel.configure('carrel.conf', files['carrel.conf']);
  await page.getByRole('button', { name: 'Reload' }).click();
  await expect(main).toContainText('They say nothing else than before.');
  await expect(errors).toBeHidden();
});

test('What-if says what somebody would get, and which line decides', async ({ page, carrel }) => {
  await homeAs(page, carrel, grace);
  await page.getByRole('link', { name: 'What-if' }).first().click();
  const main = page.getByRole('main');
  await page.getByLabel('User', { exact: true }).fill(ada.name);
  await page.getByRole('combobox', { name: 'IDE' }).click();
  await page.getByRole('option', { name: 'JupyterLab' }).click();
  await page.getByRole('button', { name: 'Ask' }).click();
  await expect(main).toContainText('Yes. ada (in no group) may launch JupyterLab.');
  const run = page.getByRole('region', { name: 'What would run' });
  await expect(row(run, 'Size')).toContainText('Snug');
  await expect(row(run, 'CPU')).toContainText(/0\.5.*launcher\.local\.resources\.conf:2(?!\d)/);
  await expect(row(run, 'Sessions at once')).toContainText(/3.*profiles:2 \[\*\]/);
  await expect(row(run, 'Without use it ends after')).toContainText(/45 min.*profiles:5 \[ada\]/);
  const refused = page.getByRole('region', { name: 'Sizes that would be refused' });
  await expect(row(refused, 'Hall')).toContainText('allows at most 1');
  // The address holds the question; the command asks the same.
  await page.reload();
  await expect(main).toContainText('may launch JupyterLab');
  await expect(main).toContainText('carrel what-if --user ada --ide jupyterlab');

  await page.getByRole('combobox', { name: 'Size' }).click();
  await page.getByRole('option', { name: 'Hall' }).click();
  await page.getByRole('button', { name: 'Ask' }).click();
  await expect(main).toContainText(/No\. ada \(in no group\) would be refused:.*1\.5 CPUs.*allows at most 1/);
  await expect(main).toContainText('launcher.local.profiles.conf:2');

  await page.getByLabel('User', { exact: true }).fill('a b');
  await page.getByRole('button', { name: 'Ask' }).click();
  await expect(main).toContainText('The user:');
});

test('others than administrators reach neither the pages nor what they ask for', async ({ page, carrel, asAda }) => {
  await homeAs(page, carrel, ada);
  for (const name of ['Configuration', 'What-if']) await expect(page.getByRole('link', { name })).toHaveCount(0);
  for (const path of ['/admin/configuration', '/admin/what-if?user=ada']) {
    await open(page, carrel, path);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('For administrators');
    await expect(page.getByRole('main').getByRole('button')).toHaveCount(0);
  }
  await isFit(page, 'a page for administrators, for others');
  for (const path of ['configuration', 'what-if?user=ada']) {
    expect((await asAda.http.get(`/api/v1/admin/${path}`)).status(), path).toBe(403);
  }
  expect((await asAda.http.post('/api/v1/admin/configuration/reload')).status()).toBe(403);
});

test('pages for administrators are fit', async ({ page, carrel }) => {
  await configuration(page, carrel);
  carrel.configure('carrel.conf', ['site-name=Quiet Room', 'proxy-threads=3', ''].join('\n'));
  await page.getByRole('button', { name: 'Reload' }).click();
  await expect(page.getByRole('region', { name: 'What changed' })).toBeVisible();
  await isFit(page, 'Configuration, with changes');
  carrel.configure('carrel.conf', `idle-after=${'soon'.repeat(40)}\nsite-nmae=x\n`);
  await page.getByRole('button', { name: 'Reload' }).click();
  await expect(page.getByRole('region', { name: 'Errors' })).toBeVisible();
  await isFit(page, 'Configuration, with errors');
  for (const [path, what] of [
    ['/admin/what-if', 'What-if'],
    ['/admin/what-if?user=ada&ide=jupyterlab', 'What-if, yes'],
    ['/admin/what-if?user=ada&ide=jupyterlab&size=hall', 'What-if, no'],
  ] as const) {
    await open(page, carrel, path);
    if (path.includes('user')) await expect(page.getByRole('main')).toContainText(/(Yes|No)\. ada/);
    await isFit(page, what);
  }
});
