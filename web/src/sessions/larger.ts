/** What a session is started again with that ran out of memory. Pure. */
import type { LaunchOptions, NewSize, Session } from "../api/types";

type Sized = Pick<Session, "cpus" | "memory_mb" | "gpus" | "placement">;

/** The next larger size that may be had: a named one that lacks nothing the session has, or else twice its memory as far as
 * that is allowed. Nothing when it has the most. */
export function larger(
  session: Sized,
  options: LaunchOptions,
): (NewSize & { memory_mb: number }) | undefined {
  const named = options.sizes
    .filter((one) => one.available && one.memory_mb > session.memory_mb && one.cpus >= session.cpus)
    .filter((one) => same(one.gpus, session.gpus) && same(one.placement, session.placement))
    .sort((a, b) => a.memory_mb - b.memory_mb)[0];
  if (named) return { resource_profile: named.id, memory_mb: named.memory_mb };
  if (!options.custom.available) return undefined;
  const memoryMb = Math.min(2 * session.memory_mb, options.max_memory_mb ?? Number.POSITIVE_INFINITY);
  return memoryMb > session.memory_mb ? { memory_mb: memoryMb } : undefined;
}

function same<T>(a: Record<string, T>, b: Record<string, T>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
