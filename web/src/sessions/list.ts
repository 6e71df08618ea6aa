/** Which sessions a list shows, and in which order. Pure; the choices live in the URL. */
import type { Session, State } from "../api/types";

export type Show = "all" | "running" | "not-running";
export type Sort = "state" | "name" | "used" | "created";

export interface Choice {
  show: Show;
  text: string;
  sort: Sort;
}

/** What needs a person's eye first. */
const order: readonly State[] = [
  "Starting",
  "Active",
  "Idle",
  "Queued",
  "Failed",
  "Lost",
  "Suspending",
  "Suspended",
  "Stopping",
  "Stopped",
];

const notRunning: ReadonlySet<State> = new Set<State>(["Suspended", "Failed", "Stopped", "Lost"]);

export const runs = (session: Session): boolean => !notRunning.has(session.state);

const used = (session: Session) => Date.parse(session.last_active_at ?? session.created_at);

const byName = (a: Session, b: Session) => a.name.localeCompare(b.name, "en", { numeric: true });
const byUse = (a: Session, b: Session) => used(b) - used(a) || byName(a, b);

const comparisons: Record<Sort, (a: Session, b: Session) => number> = {
  state: (a, b) => order.indexOf(a.state) - order.indexOf(b.state) || byUse(a, b),
  name: byName,
  used: byUse,
  created: (a, b) => Date.parse(b.created_at) - Date.parse(a.created_at) || byName(a, b),
};

/** Every word of the filter has to be in the name, the IDE, the state or the id. */
export function matches(session: Session, text: string): boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const hay =
    `${session.name} ${session.ide} ${session.ide_name} ${session.word} ${session.id}`.toLowerCase();
  return words.every((word) => hay.includes(word));
}

export function filtered(sessions: readonly Session[], choice: Choice): Session[] {
  return sessions.filter((session) => {
    const shown = choice.show === "all" || runs(session) === (choice.show === "running");
    return shown && matches(session, choice.text);
  });
}

export function sorted(sessions: readonly Session[], sort: Sort): Session[] {
  return [...sessions].sort(comparisons[sort]);
}

/**
 * The order of a live list does not jump: what stood in it keeps its place, what is new comes first.
 * `kept` is the order that was shown last, by id.
 */
export function settled(sessions: readonly Session[], kept: readonly string[], sort: Sort): Session[] {
  const place = new Map(kept.map((id, index) => [id, index]));
  const old = sessions.filter((session) => place.has(session.id));
  const fresh = sessions.filter((session) => !place.has(session.id));
  old.sort((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0));
  return [...sorted(fresh, sort), ...old];
}

/** `All 7`, `Running 5`, `Not running 2`. */
export function counts(sessions: readonly Session[]): Record<Show, number> {
  const running = sessions.filter(runs).length;
  return { all: sessions.length, running, "not-running": sessions.length - running };
}
