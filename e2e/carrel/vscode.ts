// Works in VS Code as a person does.

import { expect, type Page } from '@playwright/test';

/** How long the workbench may take until it is drawn, on a busy machine. */
const WORKBENCH = 90_000;

/** Until VS Code is drawn. */
export async function vscodeReady(page: Page): Promise<void> {
  await page.locator('.monaco-workbench .part.statusbar').waitFor({ timeout: WORKBENCH });
}

/** Opens a terminal, types a command into it, and waits until the terminal shows `answer`. */
export async function inTerminal(page: Page, command: string, answer: string): Promise<void> {
  const terminal = page.locator('.terminal-wrapper.active .xterm');
  // The workbench is drawn before it listens to keys.
  await expect(async () => {
    await page.keyboard.press('Control+Shift+Backquote');
    await terminal.waitFor({ timeout: 10_000 });
  }).toPass({ timeout: WORKBENCH });
  // The prompt says that the shell reads.
  const rows = terminal.locator('.xterm-rows');
  await expect(rows).toContainText(/[$#>]/, { timeout: WORKBENCH });
  // On a busy machine a key that was pressed twice opens a second terminal in the middle of the command and takes the rest
  // of it. Then the command is typed once more, on an empty line.
  await expect(async () => {
    await terminal.locator('textarea').focus();
    await page.keyboard.press('Control+c');
    await page.keyboard.type(command);
    await page.keyboard.press('Enter');
    await expect(rows).toContainText(answer, { timeout: 20_000 });
  }).toPass({ timeout: WORKBENCH });
}
