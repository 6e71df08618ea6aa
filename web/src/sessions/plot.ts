/** Measurements made ready for a plot. Pure. */
import type { Usage } from "../api/types";
import { memoryOf } from "../words/numbers";

export interface PlotPoint {
  at: number;
  cpus: number | null;
  memory: number | null;
}

const gigabyte = 1024;

/** Points with a break where nothing was measured: the session was suspended, or Carrel was away. */
export function plotPoints(points: Usage["points"]): PlotPoint[] {
  const times = points.map((point) => Date.parse(point.at));
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  const usual = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  return points.flatMap((point, index) => {
    const at = times[index] ?? 0;
    const one = { at, cpus: point.cpus, memory: point.memory_mb / gigabyte };
    const before = times[index - 1];
    const broken = before !== undefined && usual > 0 && at - before > usual * 4;
    return broken ? [{ at: (before + at) / 2, cpus: null, memory: null }, one] : [one];
  });
}

/** Round figures from 0 to the limit. */
export function ticksTo(limit: number, count = 4): number[] {
  return Array.from({ length: count + 1 }, (_, index) => (limit / count) * index);
}

/** A sentence when far less would have been enough, for sessions that ran long enough to tell. */
export function rightSize(usage: Usage): { fact: string; explain: string } | undefined {
  if (usage.points.length < 30) return undefined;
  const most = Math.max(...usage.points.map((point) => point.memory_mb));
  let enough = usage.memory_mb_limit;
  while (enough / 2 > most * 1.2 && enough > 1024) enough /= 2;
  if (enough === usage.memory_mb_limit) return undefined;
  const words = enough % gigabyte === 0 ? `${enough / gigabyte} GB` : `${Math.ceil(enough)} MB`;
  return {
    fact: `${words} would have been enough.`,
    explain: `In this time it used at most ${memoryOf(most, usage.memory_mb_limit)}.`,
  };
}
