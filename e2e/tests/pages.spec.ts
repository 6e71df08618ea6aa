import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import type { Api } from '../carrel/api.ts';
import { choose, homeAs, newSession, row } from '../carrel/pages.ts';
import { type Carrel, ada } from '../carrel/server.ts';
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

const screens = { wide: { width: 1280, height: 800 }, narrow: { width: 360, height: 740 } };

/** Looks at a page in both colours and both widths: nothing that axe finds, nothing wider than the screen. */
async function isFit(page: Page, what: string): Promise<void> {
  const faults: string[] = [];
  for (const [width, size] of Object.entries(screens)) {
    await page.setViewportSize(size);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      // Every portal is outside a landmark: the rule complains about each dialog and menu.
      const found = await new AxeBuilder({ page }).disableRules(['region']).analyze();
      for (const { id, help, nodes } of found.violations) {
        faults.push(`${width}, ${colorScheme}: ${id}: ${help}: ${nodes.map((node) => node.html).join(' ')}`);
      }
    }
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (wider > 0) faults.push(`${width}: scrolls sideways by ${wider} px`);
  }
  await page.setViewportSize(screens.wide);
  expect.soft(faults, what).toEqual([]);
}

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

/** Until a page has drawn what it is about. */
async function open(page: Page, carrel: Carrel, path: string): Promise<void> {
  await page.goto(`${carrel.url}${path}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.locator('[aria-busy=true]')).toHaveCount(0);
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
