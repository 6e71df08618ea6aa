/**
 * Live state: one EventSource writes into the query cache. The browser reconnects by itself with Last-Event-ID after a
 * cut; a refusal (a server that starts, a sign-in that ended) closes the stream for good, and then it is opened anew here.
 */
import type { QueryClient } from "@tanstack/react-query";
import { announcement } from "../words/sentence";
import { withMe, withSession, withSessions, withStopped, withUsage, withUsages } from "./cache";
import { arrivals, keys, meQuery } from "./queries";
import { root } from "./root";
import type { Me, Session, UsageNews } from "./types";

type Connection = "open" | "down";

export interface StreamListener {
  connection(now: Connection): void;
  announce(text: string): void;
}

const firstWait = 1000;
const longestWait = 15_000;

/** Opens the stream; the result closes it. */
export function follow(queries: QueryClient, listener: StreamListener): () => void {
  let source: EventSource;
  let timer: number | undefined;
  let wait = firstWait;
  let wasOpen = false;
  const batch = new Batch<Session>((news) => sessionsChanged(queries, listener, news));

  const open = () => {
    source = new EventSource(`${root}/api/v1/events`);
    source.onopen = () => {
      wait = firstWait;
      listener.connection("open");
      if (wasOpen) wasAway(queries);
      wasOpen = true;
    };
    source.onerror = () => {
      listener.connection("down");
      if (source.readyState !== EventSource.CLOSED) return;
      // Tells a sign-in that ended (the client leaves for the sign-in page) from a server that is away.
      void queries.fetchQuery({ ...meQuery, staleTime: 0, retry: false }).catch(() => undefined);
      timer = window.setTimeout(open, wait);
      wait = Math.min(wait * 2, longestWait);
    };
    source.addEventListener("session", (event) => batch.add(read(event)));
    source.addEventListener("usage", (event) => usageMeasured(queries, read(event)));
    source.addEventListener("me", (event) => meChanged(queries, read(event)));
  };

  open();
  return () => {
    window.clearTimeout(timer);
    source.close();
  };
}

/** A stream that was opened anew does not tell what ended meanwhile; and what could not be loaded can be now. */
function wasAway(queries: QueryClient): void {
  const old = new Set<unknown>(["sessions", "session"]);
  void queries.invalidateQueries({
    predicate: ({ queryKey, state }) => old.has(queryKey[0]) || state.status === "error",
  });
}

function read<T>(event: MessageEvent<string>): T | undefined {
  try {
    return JSON.parse(event.data) as T;
  } catch {
    return undefined;
  }
}

/** Gathers what arrives together: a new stream begins with all sessions at once. */
class Batch<T> {
  #waiting: T[] = [];
  readonly #flush: (all: T[]) => void;

  constructor(flush: (all: T[]) => void) {
    this.#flush = flush;
  }

  add(one: T | undefined): void {
    if (one === undefined) return;
    this.#waiting.push(one);
    if (this.#waiting.length > 1) return;
    window.setTimeout(() => {
      const all = this.#waiting;
      this.#waiting = [];
      this.#flush(all);
    }, 10);
  }
}

function sessionsChanged(queries: QueryClient, listener: StreamListener, news: Session[]): void {
  for (const one of news) {
    arrivals.add(one);
    const text = announcement(knownSession(queries, one.id), one);
    if (text) listener.announce(text);
    void queries.invalidateQueries({ queryKey: keys.events(one.id) });
  }
  putSessions(queries, news);
}

const knownSession = (queries: QueryClient, id: string) =>
  queries.getQueryData<Session[]>(keys.live)?.find((one) => one.id === id) ??
  queries.getQueryData<Session>(keys.session(id));

/** Writes a session wherever it is shown, and where it will be: after the answer to an action. */
export function putSession(queries: QueryClient, answer: Session): void {
  const newest = arrivals.newest(answer);
  putSessions(queries, [newest]);
  queries.setQueryData<Session>(keys.session(newest.id), (known) => known ?? newest);
}

function putSessions(queries: QueryClient, news: readonly Session[]): void {
  queries.setQueryData<Session[]>(keys.live, (list) => list && withSessions(list, news));
  for (const one of news) {
    queries.setQueryData<Session[]>(keys.stopped, (list) => list && withStopped(list, one));
    queries.setQueryData<Session>(
      keys.session(one.id),
      (known) => known && (withSession([known], one)[0] ?? one),
    );
  }
}

function usageMeasured(queries: QueryClient, news: UsageNews[] | undefined): void {
  if (!news) return;
  queries.setQueryData<Session[]>(keys.live, (list) => list && withUsages(list, news));
  for (const one of news) {
    queries.setQueryData<Session>(keys.session(one.id), (known) => known && withUsage(known, one));
  }
}

function meChanged(queries: QueryClient, news: Partial<Me> | undefined): void {
  if (news && "use" in news) {
    queries.setQueryData<Me>(keys.me, (me) => me && withMe(me, news));
  } else {
    void queries.invalidateQueries({ queryKey: keys.me });
  }
}
