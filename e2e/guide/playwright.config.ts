// The browser tests of the guide: on a server that the guide has installed, one after the other.

import { defineConfig } from '@playwright/test';
import base from '../playwright.config.ts';

export default defineConfig(base, {
  testDir: '.',
  outputDir: '../results',
  workers: 1,
  timeout: 300_000,
  use: { baseURL: 'http://localhost:8787' },
});
