/** What events do to what is known: pure, so that a list of events can be tried on a list of sessions. */
import type { Me, Session, UsageNews } from "./types";

/** How many points a row's spark shows. */
const sparkPoints = 40;

/** The live list after news of one session: changed in place, new ones first, stopped ones out. */
export function withSession(list: readonly Session[], news: Session): Session[] {
  if (news.state === "Stopped") return list.filter((session) => session.id !== news.id);
  const known = list.some((session) => session.id === news.id);
  if (!known) return [news, ...list];
  return list.map((session) => (session.id === news.id ? keepUsage(session, news) : session));
}

/** The same for many, in the order in which they came. */
export function withSessions(list: readonly Session[], news: readonly Session[]): Session[] {
  return news.reduce<Session[]>((known, one) => withSession(known, one), [...list]);
}

/** News of a state may come without usage; what was measured stays while it runs. */
function keepUsage(before: Session, news: Session): Session {
  const runs = news.state === "Active" || news.state === "Idle";
  return runs && !news.usage && before.usage ? { ...news, usage: before.usage } : news;
}

/** One session with a new measurement. */
export function withUsage(session: Session, news: UsageNews): Session {
  const history = [...(session.usage?.cpu_history ?? []), news.cpus].slice(-sparkPoints);
  return { ...session, usage: { cpus: news.cpus, memory_mb: news.memory_mb, cpu_history: history } };
}

/** The live list with new measurements; rows without news stay the same objects, so they are not drawn again. */
export function withUsages(list: readonly Session[], news: readonly UsageNews[]): Session[] {
  const byId = new Map(news.map((one) => [one.id, one]));
  return list.map((session) => {
    const one = byId.get(session.id);
    return one ? withUsage(session, one) : session;
  });
}

/** The stopped list after news of one session. */
export function withStopped(list: readonly Session[], news: Session): Session[] {
  const others = list.filter((session) => session.id !== news.id);
  return news.state === "Stopped" ? [news, ...others] : others;
}

/** What the `me` event changes; it may hold all of it or only the use. */
export function withMe(me: Me, news: Partial<Me>): Me {
  return { ...me, ...news };
}

/**
 * Remembers the news that came while a list was fetched. The answer may be older than they are, so they are applied
 * to it once more; without this a row could fall back to a state that it has left. For the same reason it remembers
 * the last news of each session: any other answer about it may be older, too.
 */
export class Arrivals {
  #news: { at: number; session: Session }[] = [];
  #latest = new Map<string, Session>();
  #at = 0;
  #open = 0;

  /** The answer about a session, or what the stream told of it when that is later. */
  newest(answer: Session): Session {
    const told = this.#latest.get(answer.id);
    return told && Date.parse(told.since) > Date.parse(answer.since) ? told : answer;
  }

  add(session: Session): void {
    this.#latest.set(session.id, session);
    if (this.#open > 0) this.#news.push({ at: ++this.#at, session });
  }

  /** Runs a fetch of the live list and applies what arrived meanwhile. */
  async during(fetch: () => Promise<Session[]>): Promise<Session[]> {
    const from = this.#at;
    this.#open += 1;
    try {
      const list = await fetch();
      const later = this.#news.filter((one) => one.at > from);
      return later.reduce<Session[]>((known, one) => withSession(known, one.session), list);
    } finally {
      this.#open -= 1;
      if (this.#open === 0) this.#news = [];
    }
  }
}
