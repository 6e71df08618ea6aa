import type { Api } from '../carrel/api.ts';
import { isFit } from '../carrel/fit.ts';
import { choose, homeAs, newSession, open, row } from '../carrel/pages.ts';
import { ada } from '../carrel/server.ts';
import { expect, test } from '../carrel/test.ts';

test.use({
  options: {
    ides: {
      'broken.toml': [
        'id = "broken"',
        'name = "Broken"',
        'icon = "orbit"',
        '[program]',
        'requires = ["sh"]',
        '[start]',
        'command = ["{program}", "-c", "echo no licence; exit 3"]',
        '[http]',
        'strip_prefix = true',
        'ready = "/"',
      ].join('\n'),
    },
  },
});

/** Sessions in every state that stays. */
async function sessions(asAda: Api): Promise<Record<'running' | 'suspended' | 'failed' | 'stopped', string>> {
  const running = await asAda.launch('vscode', 'running');
  const suspended = await asAda.launch('vscode', 'suspended');
  const failed = await asAda.launch('broken', 'failed');
  const stopped = await asAda.launch('broken', 'stopped');
  await asAda.becomes(running.id, 'Active', 'Idle');
  await asAda.becomes(suspended.id, 'Active', 'Idle');
  await asAda.suspend(suspended.id);
  await asAda.becomes(suspended.id, 'Suspended');
  await asAda.becomes(failed.id, 'Failed');
  await asAda.becomes(stopped.id, 'Failed');
  await asAda.quit(stopped.id);
  await asAda.becomes(stopped.id, 'Stopped');
  return { running: running.id, suspended: suspended.id, failed: failed.id, stopped: stopped.id };
}

test('pages that need no sign-in are fit', async ({ page, carrel }) => {
  await open(page, carrel, '/sign-in');
  await isFit(page, 'sign-in');
  await open(page, carrel, '/signed-out');
  await isFit(page, 'signed out');
});

test('home without sessions is fit, and so is New Session', async ({ page, carrel }) => {
  await homeAs(page, carrel, ada);
  await expect(page.getByRole('heading', { name: 'Start a session' })).toBeVisible();
  await isFit(page, 'empty home');
  await newSession(page);
  await isFit(page, 'New Session');
});

test('pages about sessions are fit', async ({ page, carrel, asAda }) => {
  const { running, suspended, failed, stopped } = await sessions(asAda);
  await homeAs(page, carrel, ada);
  await expect(row(page, 'running')).toBeVisible();
  await isFit(page, 'home');
  await page.getByRole('button', { name: 'More actions for running' }).click();
  await expect(page.getByRole('menuitem', { name: 'Suspend' })).toBeVisible();
  await isFit(page, 'home with a menu');
  for (const [action, title] of [
    ['Rename…', 'Rename running'],
    ['Force Quit…', 'Force Quit running?'],
  ] as const) {
    await open(page, carrel, '/');
    await choose(page, 'running', action);
    const dialog = page.getByRole('dialog', { name: title });
    await expect(dialog).toBeVisible();
    await isFit(page, title);
  }

  await open(page, carrel, `/sessions/${running}`);
  for (const tab of await page.getByRole('tab').all()) {
    await tab.click();
    await isFit(page, `session details, ${await tab.innerText()}`);
  }
  for (const [path, what] of [
    [`/sessions/${failed}`, 'details of a failed session'],
    [`/sessions/${failed}/start`, 'start page of a failed session'],
    [`/s/${suspended}/`, 'address of a suspended session'],
    [`/s/${failed}/`, 'address of a failed session'],
    [`/s/${stopped}/`, 'address of a session that is over'],
    [`/s/${'0'.repeat(running.length)}/`, 'address of no session'],
    ['/settings', 'settings'],
    ['/no-such-page', 'a page that is not there'],
  ] as const) {
    await open(page, carrel, path);
    await isFit(page, what);
  }

  await open(page, carrel, '/settings');
  await page.getByRole('button', { name: 'New token' }).click();
  await expect(page.getByRole('dialog', { name: 'New token' })).toBeVisible();
  await isFit(page, 'New token');
});
