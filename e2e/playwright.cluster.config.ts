import { defineConfig } from '@playwright/test';
import usual, { onOneServer } from './playwright.config.ts';

// All of them use one installation, and look whether secrets leaked when all others have run.
export default defineConfig({
  ...usual,
  ...onOneServer,
  testDir: 'cluster',
  outputDir: 'results-cluster',
  projects: [
    // Only when it is asked for: its figures say nothing on a machine that does something else.
    ...(process.env.CARREL_CLUSTER_TIMES ? [{ name: 'times', testDir: 'cluster-times' }] : []),
    { name: 'work', testIgnore: 'secrets.spec.ts' },
    { name: 'secrets', testMatch: 'secrets.spec.ts', dependencies: ['work'] },
  ],
});
