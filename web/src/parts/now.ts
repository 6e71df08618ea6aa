/** One clock for the page: everything that says how long ago something was ticks together. */
import { useSyncExternalStore } from "react";

function ticker(interval: number) {
  const listeners = new Set<() => void>();
  let now = new Date();
  let timer: number | undefined;
  const tick = () => {
    now = new Date();
    for (const listener of listeners) listener();
  };
  return {
    read: () => now,
    subscribe(listener: () => void) {
      if (listeners.size === 0) {
        now = new Date();
        timer = window.setInterval(tick, interval);
      }
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) window.clearInterval(timer);
      };
    },
  };
}

const seconds = ticker(1000);
const slowly = ticker(10_000);

/** The present, each second or, where minutes are shown, every ten. */
export function useNow(pace: "second" | "slow" = "slow"): Date {
  const clock = pace === "second" ? seconds : slowly;
  return useSyncExternalStore(clock.subscribe, clock.read);
}
