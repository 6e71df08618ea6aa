import { setTimeout as pause } from 'node:timers/promises';

/** Waits until `condition` holds, and gives what it gave. */
export async function until<T>(
  what: string,
  limit: number,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const end = Date.now() + limit;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${limit} ms: ${what}`);
    await pause(50);
  }
}
