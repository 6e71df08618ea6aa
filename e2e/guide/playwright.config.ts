// The browser tests of the guide: on the server that it has installed.

import { defineConfig } from '@playwright/test';
import base, { onOneServer } from '../playwright.config.ts';

export default defineConfig(base, {
  ...onOneServer,
  testDir: '.',
  outputDir: '../results-guide',
  use: { baseURL: 'http://localhost:8787' },
});
