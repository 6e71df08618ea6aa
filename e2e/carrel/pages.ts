// The pages, by what a person reads on them.

import { expect, type Locator, type Page } from '@playwright/test';
import type { Person, Reached } from './server.ts';

/** The IDEs, by the name on their tile. */
export const names = { jupyterlab: 'JupyterLab', notebook: 'Jupyter Notebook', vscode: 'VS Code' } as const;

/** Signs in through the page. */
export async function signIn(page: Page, person: Person): Promise<void> {
  await page.getByLabel('User name').fill(person.name);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Opens the home page as somebody. */
export async function homeAs(page: Page, carrel: Reached, person: Person): Promise<void> {
  await page.goto(`${carrel.url}/`);
  await signIn(page, person);
  await expect(page.getByRole('heading', { name: 'Sessions', level: 1 })).toBeVisible();
}

/** Until a page has drawn what it is about. */
export async function open(page: Page, carrel: Reached, path: string): Promise<void> {
  await page.goto(`${carrel.url}${path}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.locator('[aria-busy=true]')).toHaveCount(0);
}

/** The New Session dialog, opened. */
export async function newSession(page: Page): Promise<Locator> {
  const ways = page.getByRole('main').getByRole('link', { name: /^(New Session|Choose everything yourself)$/ });
  await ways.first().click();
  const dialog = page.getByRole('dialog', { name: 'New Session' });
  await expect(dialog).toBeVisible();
  return dialog;
}

/** The tile of an IDE in the dialog. */
export function tile(dialog: Locator, name: string): Locator {
  return dialog.getByRole('radio', { name: new RegExp(`^${name}`) });
}

/** Launches an IDE from the dialog, waits on the start page, and gives the session's id once the IDE opened. */
export async function launch(page: Page, ide: keyof typeof names, name: string): Promise<string> {
  const dialog = await newSession(page);
  await tile(dialog, names[ide]).check({ force: true });
  await dialog.getByLabel('Name', { exact: true }).fill(name);
  await dialog.getByRole('button', { name: 'Launch', exact: true }).click();
  await expect(page).toHaveURL(/\/(sessions\/[^/]+\/start|s\/[^/]+\/)/);
  return ideOpened(page);
}

/** Until this tab shows an IDE; gives the session's id. */
export async function ideOpened(page: Page): Promise<string> {
  await page.waitForURL(/\/s\/[^/]+\//, { timeout: 120_000 });
  const id = /\/s\/([^/]+)\//.exec(page.url())?.[1];
  if (!id) throw new Error(`no session in ${page.url()}`);
  return id;
}

/** The row of a session on the home page. */
export function row(page: Page, name: string): Locator {
  return page.getByRole('article', { name: new RegExp(`^${name}\\b`) });
}

/** Chooses something from the menu of a session's row. */
export async function choose(page: Page, name: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `More actions for ${name}` }).click();
  await page.getByRole('menuitem', { name: action, exact: true }).click();
}
