// The test function of this suite: with a server for each worker, and the API as ada and as bob.

import { test as base } from '@playwright/test';
import { Api } from './api.ts';
import { Carrel, type Options, ada, bob, grace } from './server.ts';

export { expect } from '@playwright/test';

interface Test {
  asAda: Api;
  asBob: Api;
  endsWithNothing: undefined;
}

interface Worker {
  /** How the server of the worker is started. */
  options: Options;
  carrel: Carrel;
}

export const test = base.extend<Test, Worker>({
  options: [{}, { scope: 'worker', option: true }],
  carrel: [
    async ({ options }, use) => {
      const carrel = await Carrel.start(options);
      await use(carrel);
      await carrel.remove();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  asAda: async ({ carrel }, use) => use(await Api.as(carrel, ada)),
  asBob: async ({ carrel }, use) => use(await Api.as(carrel, bob)),
  baseURL: async ({ carrel }, use) => use(carrel.url),
  // Each test leaves the server as it found it, whoever was signed out meanwhile.
  endsWithNothing: [
    async ({ carrel }, use, info) => {
      await use(undefined);
      if (info.status !== info.expectedStatus) {
        const told = JSON.stringify(await (await Api.as(carrel, ada)).history(), null, 1);
        await info.attach('server', { body: `${carrel.said}\n${told}`, contentType: 'text/plain' });
      }
      for (const person of [ada, bob, grace]) await (await Api.as(carrel, person)).quitAll();
      carrel.emptyHome();
    },
    { auto: true },
  ],
});
