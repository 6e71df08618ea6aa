// The test function of this suite: with a server for each worker, and the API as ada and as bob.

import { test as base } from '@playwright/test';
import { Api } from './api.ts';
import { Carrel, type Options, ada, bob } from './server.ts';

export { expect } from '@playwright/test';

interface Worker {
  /** How the server of the worker is started. */
  options: Options;
  carrel: Carrel;
  asAda: Api;
  asBob: Api;
}

export const test = base.extend<{ endsWithNothing: undefined }, Worker>({
  options: [{}, { scope: 'worker', option: true }],
  carrel: [
    async ({ options }, use) => {
      const carrel = await Carrel.start(options);
      await use(carrel);
      await carrel.remove();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  asAda: [async ({ carrel }, use) => use(await Api.as(carrel, ada)), { scope: 'worker' }],
  asBob: [async ({ carrel }, use) => use(await Api.as(carrel, bob)), { scope: 'worker' }],
  baseURL: async ({ carrel }, use) => use(carrel.url),
  // Each test leaves the server as it found it.
  endsWithNothing: [
    async ({ asAda, asBob, carrel }, use, info) => {
      await use(undefined);
      if (info.status !== info.expectedStatus) {
        await info.attach('server', { body: carrel.said, contentType: 'text/plain' });
      }
      await asAda.quitAll();
      await asBob.quitAll();
    },
    { auto: true },
  ],
});
