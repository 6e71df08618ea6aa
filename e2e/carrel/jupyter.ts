// Works in JupyterLab and Notebook as a person does.

import { expect, type Locator, type Page, type WebSocket } from '@playwright/test';

/** How long a kernel may take until it answers, on a busy machine. */
const KERNEL = 90_000;

/** A notebook that is open in a tab, with its kernel. */
export class Notebook {
  readonly #page: Page;
  /** How many messages the present connection to the kernel has brought. */
  #heard = 0;

  private constructor(page: Page) {
    this.#page = page;
    // Keys that are pressed before the kernel's connection is up are lost without a word.
    page.on('websocket', (socket) => this.#listen(socket));
  }

  #listen(socket: WebSocket): void {
    if (!/\/api\/kernels\/[^/]+\/channels/.test(socket.url())) return;
    this.#heard = 0;
    socket.on('framereceived', () => {
      this.#heard += 1;
    });
  }

  /** A new notebook from the launcher of JupyterLab. `kernel` is what its card says. */
  static async inLab(page: Page, kernel: RegExp): Promise<Notebook> {
    const notebook = new Notebook(page);
    // It goes on by itself once the server is back, but over the notebook stands what was the matter until that is read.
    const trouble = page.getByRole('dialog', { name: 'Server Connection Error' });
    await page.addLocatorHandler(trouble, () => trouble.getByRole('button', { name: 'Close' }).click());
    // One more, if JupyterLab shows one by itself, which it does when nothing else is open.
    await page.locator('#jp-main-dock-panel .lm-TabBar-addButton').first().click({ timeout: KERNEL });
    const section = page.locator('.jp-Launcher-section:visible', { hasText: 'Notebook' }).first();
    await section.locator('.jp-LauncherCard', { hasText: kernel }).first().click({ timeout: KERNEL });
    await notebook.ready();
    return notebook;
  }

  /** A new notebook from the file list of Jupyter Notebook, which opens it in a tab of its own. */
  static async inNotebook(tree: Page, kernel: RegExp): Promise<Notebook> {
    await tree.getByRole('menuitem', { name: 'New', exact: true }).click({ timeout: KERNEL });
    const opened = tree.context().waitForEvent('page');
    await tree.getByRole('menuitem', { name: kernel }).click();
    const page = await opened;
    const notebook = new Notebook(page);
    await notebook.ready();
    return notebook;
  }

  /** Until the notebook is drawn and its kernel is heard. */
  async ready(): Promise<void> {
    await this.#cell().waitFor({ timeout: KERNEL });
    await expect.poll(() => this.#heard, { timeout: KERNEL, message: 'the kernel is heard' }).toBeGreaterThan(0);
  }

  /** Forgets what was heard: the next `heardAgain` waits for news. */
  forget(): void {
    this.#heard = 0;
  }

  /** Until the kernel is heard after `forget`, by whichever connection. */
  async heardAgain(): Promise<void> {
    await expect.poll(() => this.#heard, { timeout: KERNEL, message: 'the kernel is heard again' }).toBeGreaterThan(0);
  }

  /** Types code into the last cell, runs it, and gives what it wrote. */
  async run(code: string): Promise<string> {
    const cell = this.#cell();
    const outputs = this.#page.locator('.jp-Notebook .jp-CodeCell .jp-OutputArea-output:visible');
    const before = await outputs.count();
    await cell.locator('.cm-content').click();
    // Typed at once: the editor would add the closing bracket of each opening one.
    await this.#page.keyboard.insertText(code);
    await this.#page.keyboard.press('Shift+Enter');
    await expect(outputs).toHaveCount(before + 1, { timeout: KERNEL });
    return (await outputs.last().innerText()).trim();
  }

  #cell(): Locator {
    return this.#page.locator('.jp-Notebook:visible .jp-CodeCell').last();
  }
}
