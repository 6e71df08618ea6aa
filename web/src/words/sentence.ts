/** The one sentence of a session's row. The server sends it; what holds a running clock is made here, so that it ticks. */
import type { Session } from "../api/types";
import { coarse, deadline, moment, near, relative } from "./time";

export interface Sentence {
  text: string;
  /** Amber: something is about to happen to it. */
  warns?: boolean;
}

export function sentence(session: Session, now: Date): Sentence {
  switch (session.state) {
    case "Starting":
      return { text: stepSentence(session) };
    case "Active":
      return { text: activeSentence(session, now) };
    case "Idle":
      return idleSentence(session, now);
    case "Suspended":
      return { text: `Since ${moment(new Date(session.since), now)}. ${session.sentence}` };
    default:
      return { text: session.sentence };
  }
}

/** Use within this time is use now. */
const useIsNow = 90_000;

function activeSentence(session: Session, now: Date): string {
  if (session.idle?.busy_because) return `Busy: ${within(session.idle.busy_because)}`;
  if (!session.last_active_at) return session.sentence;
  const last = new Date(session.last_active_at);
  return now.getTime() - last.getTime() < useIsNow ? "In use now" : `Last used ${relative(last, now)}`;
}

/** A reason as part of a sentence: the server may end it with a full stop. */
const bare = (text: string) => text.replace(/\.$/, "");

/** A sentence behind a colon: it begins small, unless it begins with a name (`CPU`). */
const within = (text: string) => bare(text).replace(/^[A-Z](?=[a-z ])/, (first) => first.toLowerCase());

function stepSentence(session: Session): string {
  const { step } = session;
  if (!step) return session.sentence;
  const detail = step.detail ? `, ${bare(step.detail)}` : "";
  return `Step ${step.n} of ${step.of}: ${step.text}${detail}`;
}

function idleSentence(session: Session, now: Date): Sentence {
  const { idle } = session;
  if (idle?.keep_until && new Date(idle.keep_until) > now) {
    return { text: `Kept until ${moment(new Date(idle.keep_until), now)}` };
  }
  if (!idle?.ends_at) return { text: session.sentence };
  const ends = new Date(idle.ends_at);
  const verb = idle.action === "quit" ? "Quits" : "Suspends";
  return { text: `${verb} ${deadline(ends, now)}`, warns: near(ends, now) };
}

/** The short time beside the badge: how long it starts, is idle, stands failed. */
export function sinceWords(session: Session, now: Date): string | undefined {
  const since = session.state === "Idle" ? (session.idle?.since ?? session.since) : session.since;
  const past = now.getTime() - new Date(since).getTime();
  switch (session.state) {
    case "Starting":
    case "Suspending":
    case "Stopping":
    case "Queued":
    case "Idle":
      return coarse(past);
    case "Failed":
    case "Lost":
      return `${coarse(past)} ago`;
    default:
      return undefined;
  }
}

/** What the live region says of a change; nothing where a person would not care. */
export function announcement(before: Session | undefined, after: Session): string | undefined {
  if (!before || before.state === after.state) return undefined;
  const why = after.state === "Failed" && after.cause ? `: ${after.cause.text}` : "";
  return `${after.name} is ${after.word.toLowerCase()}${why}`;
}

/** Who can change it, as the end of a sentence. */
export function whoWords(who: string | undefined): string | undefined {
  return who === "administrator" ? "An administrator can change it." : undefined;
}
