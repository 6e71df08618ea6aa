// Websockets without a browser, to say what no browser would.

import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Reached } from './server.ts';

export interface Upgrade {
  /** 101, or why not. */
  status: number;
  /** The connection, with 101. */
  socket?: Duplex;
}

/** Asks for a websocket. */
export function upgrade(carrel: Reached, path: string, headers: Record<string, string>): Promise<Upgrade> {
  return new Promise((resolve, reject) => {
    const asked = request(`${carrel.url}${path}`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'Y2FycmVsIGVuZCB0byBlbmQ=',
        ...headers,
      },
    });
    asked.on('upgrade', ({ statusCode }, socket) => resolve({ status: statusCode ?? 0, socket }));
    asked.on('response', (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode ?? 0 });
    });
    asked.on('error', reject);
    asked.end();
  });
}
