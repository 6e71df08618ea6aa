/** Sessions for tests. */
import type { Session, State } from "./api/types";

export const now = new Date("2026-11-22T14:18:00Z");

/** So many minutes before [now], as the API writes it. */
export const minutesAgo = (minutes: number): string =>
  new Date(now.getTime() - minutes * 60_000).toISOString();

export function aSession(over: Partial<Session> = {}): Session {
  return {
    id: "q7m2",
    name: "sales-forecast",
    ide: "jupyterlab",
    ide_name: "JupyterLab",
    state: "Active",
    word: "Active",
    sentence: "In use now.",
    next: { action: "open", text: "Open" },
    steps: [],
    step: null,
    cause: null,
    owner: "ada",
    cluster: "local",
    r_version: null,
    image: null,
    cpu_request: null,
    memory_request_mb: null,
    gpus: {},
    placement: {},
    resource_profile: "small",
    cpus: 1,
    memory_mb: 2048,
    folder: null,
    url: "/s/q7m2/",
    created_at: minutesAgo(60),
    since: minutesAgo(47),
    started_at: minutesAgo(47),
    last_active_at: minutesAgo(0),
    idle: { since: null, ends_at: null, action: "suspend", busy_because: null, keep_until: null },
    generation: 1,
    usage: null,
    may: {
      open: true,
      suspend: true,
      resume: false,
      quit: true,
      force_quit: true,
      rename: true,
      keep: true,
    },
    ...over,
  };
}

export const inState = (id: string, state: State, over: Partial<Session> = {}): Session =>
  aSession({ id, name: id, state, word: state === "Queued" ? "Pending" : state, ...over });
