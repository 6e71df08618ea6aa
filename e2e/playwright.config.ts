import { defineConfig } from '@playwright/test';

const browser = process.env.CARREL_E2E_BROWSER;
if (!browser) throw new Error('CARREL_E2E_BROWSER names no browser: run the tests with `cargo xtask test`');

/** For suites that share one installed server: one test after the other. */
export const onOneServer = { workers: 1 };

export default defineConfig({
  testDir: 'tests',
  outputDir: 'results',
  // Each worker has a server of its own with real IDEs; two keep two cores busy.
  workers: 2,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  // Other tests go on beside these.
  timeout: 300_000,
  expect: { timeout: 30_000 },
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 800 },
    contextOptions: { reducedMotion: 'reduce' },
    screenshot: 'only-on-failure',
    // Pictures of every moment would cost more than all that is tested.
    trace: { mode: 'retain-on-failure', screenshots: false },
    launchOptions: {
      executablePath: browser,
      // Without WebGL the terminal of VS Code is drawn as text, which can be read. Chromium refuses its sandbox to root.
      args: ['--disable-3d-apis', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
    },
  },
});
