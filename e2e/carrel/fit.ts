// Whether pages can be used by everybody: in both colours, on wide and on narrow screens.

import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

const screens = { wide: { width: 1280, height: 800 }, narrow: { width: 360, height: 740 } };

/** Looks at a page in both colours and both widths: nothing that axe finds, nothing wider than the screen. */
export async function isFit(page: Page, what: string): Promise<void> {
  const faults: string[] = [];
  for (const [width, size] of Object.entries(screens)) {
    await page.setViewportSize(size);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      // Every portal is outside a landmark: the rule complains about each dialog and menu.
      const axe = new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).disableRules(['region']);
      // Our pages have no frames, which are what the other mode opens a page of its own for each time.
      const found = await axe.setLegacyMode().analyze();
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
