/** What concerns the whole page: whether the stream is connected, what is announced, and an action that failed. */
import { useQueryClient } from "@tanstack/react-query";
import { useRouterState } from "@tanstack/react-router";
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { follow } from "../api/events";
import { type Problem, problemIn } from "../api/problem";

export interface Failure {
  /** What was not done: `sales-forecast was not suspended.` */
  what: string;
  problem: Problem;
}

interface Live {
  /** False once the stream has been down for a moment: what is shown may be old. */
  connected: boolean;
  failure?: Failure;
  announce(text: string): void;
  fail(what: string, error: unknown): void;
  dismiss(): void;
}

const Context = createContext<Live | undefined>(undefined);

export function useLive(): Live {
  const live = use(Context);
  if (!live) throw new Error("useLive outside of LiveProvider");
  return live;
}

/** A stream that comes back at once is no news. */
const patience = 3000;

export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [connected, setConnected] = useState(true);
  const [failure, setFailure] = useState<Failure>();
  const region = useRef<HTMLDivElement>(null);
  // What failed on one page is no news on the next.
  const path = useRouterState({ select: (state) => state.location.pathname });
  const [failedOn, setFailedOn] = useState(path);
  if (failedOn !== path) {
    setFailedOn(path);
    setFailure(undefined);
  }

  const announce = useCallback((text: string) => {
    if (!region.current) return;
    // The same words twice would not be read again.
    region.current.textContent = region.current.textContent === text ? `${text}\u00a0` : text;
  }, []);

  useEffect(() => {
    let timer: number | undefined;
    const close = follow(queries, {
      announce,
      connection(now) {
        window.clearTimeout(timer);
        timer = undefined;
        if (now === "open") setConnected(true);
        else timer = window.setTimeout(() => setConnected(false), patience);
      },
    });
    return () => {
      window.clearTimeout(timer);
      close();
    };
  }, [queries, announce]);

  const live = useMemo<Live>(
    () => ({
      connected,
      failure,
      announce,
      fail: (what, error) => setFailure({ what, problem: problemIn(error) }),
      dismiss: () => setFailure(undefined),
    }),
    [connected, failure, announce],
  );
  return (
    <Context value={live}>
      {children}
      <div ref={region} className="unseen" role="status" aria-live="polite" />
    </Context>
  );
}
