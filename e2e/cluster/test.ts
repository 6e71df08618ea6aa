// The test function of the suite against a cluster.

import { test as base } from '@playwright/test';
import { Api } from '../carrel/api.ts';
import { Installation, testUser } from '../carrel/cluster.ts';

export { expect } from '@playwright/test';

interface Test {
  asTestUser: Api;
}

interface Worker {
  carrel: Installation;
}

export const test = base.extend<Test, Worker>({
  carrel: [async ({}, use) => use(await Installation.find()), { scope: 'worker' }],
  baseURL: async ({ carrel }, use) => use(carrel.url),
  // Each request by a connection of its own, so that each may reach another replica.
  asTestUser: async ({ carrel }, use, info) => {
    const api = await Api.as(carrel, testUser, { connection: 'close' });
    await use(api);
    if (info.status !== info.expectedStatus) {
      const told = JSON.stringify(await api.history(), null, 1);
      const pods = await carrel.kubectl('get', 'pods,jobs,events', '-o', 'wide');
      await info.attach('cluster', { body: `${told}\n${pods}`, contentType: 'text/plain' });
    }
    await api.quitAll();
  },
});
