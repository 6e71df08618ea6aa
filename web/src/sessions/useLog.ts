/** Reads the output of a session as it is written. */
import { useEffect, useState } from "react";
import { toSignIn } from "../api/client";
import { type Problem, problemIn, problemOf } from "../api/problem";
import { root } from "../api/root";
import { appended, LineReader, type LogLine } from "./log";

export interface Log {
  lines: readonly LogLine[];
  state: "reading" | "ended" | "failed";
  problem?: Problem;
}

const nothing: Log = { lines: [], state: "reading" };

export const logAddress = (id: string, follow: boolean) =>
  `${root}/api/v1/sessions/${encodeURIComponent(id)}/logs${follow ? "?follow=true" : ""}`;

/** `generation` makes it begin anew with each start. */
export function useLog(id: string, follow: boolean, generation = 0): Log {
  const [log, setLog] = useState<Log>(nothing);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new generation has a new output
  useEffect(() => {
    const abort = new AbortController();
    setLog(nothing);
    readLog(logAddress(id, follow), abort.signal, setLog).catch((error: unknown) => {
      if (!abort.signal.aborted) {
        setLog((before) => ({ ...before, state: "failed", problem: problemIn(error) }));
      }
    });
    return () => abort.abort();
  }, [id, follow, generation]);
  return log;
}

async function readLog(
  address: string,
  signal: AbortSignal,
  set: (change: (before: Log) => Log) => void,
): Promise<void> {
  const response = await fetch(address, { signal });
  if (response.status === 401) toSignIn();
  if (!response.ok || !response.body) {
    const problem = problemOf(await response.json().catch(() => undefined), response);
    set((before) => ({ ...before, state: "failed", problem }));
    return;
  }
  const lines = new LineReader();
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  const add = (more: LogLine[]) => {
    if (more.length && !signal.aborted) set((before) => ({ ...before, lines: appended(before.lines, more) }));
  };
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    add(lines.add(decoder.decode(value, { stream: true })));
  }
  add(lines.add(decoder.decode()));
  add(lines.end());
  if (!signal.aborted) set((before) => ({ ...before, state: "ended" }));
}
