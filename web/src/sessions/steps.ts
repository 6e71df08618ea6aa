/** The five steps of a start, as the start page draws them. Pure. */
import type { Session } from "../api/types";

export interface StepLine {
  number: number;
  text: string;
  kind: "done" | "now" | "todo";
  detail?: string;
  /** How long it took, or takes so far, in milliseconds. */
  took?: number;
  /** How far it is, from 0 to 100, where the detail says so. */
  percent?: number;
}

const names = ["Accepted", "Room found", "Programs present", "Storage attached", "IDE answers"];

/** What is worth saying when a step takes longer than usual, by its number. */
const slow: Record<number, string> = {
  1: "The server takes requests in order and has not come to this one.",
  2: "It waits for room: what runs already holds what it needs.",
  3: "The programs that it needs are being brought here.",
  4: "Your folders are being attached.",
  5: "The IDE has started and does not answer yet. The first start writes its settings and takes longer.",
};

export function stepLines(session: Session, now: Date): StepLine[] {
  const answers = session.state === "Active" || session.state === "Idle";
  if (session.steps.length === 0) {
    return names.map((text, index) => ({
      number: index + 1,
      text,
      kind: answers ? "done" : index === 0 && session.state === "Queued" ? "now" : "todo",
      detail:
        index === 0 && session.state === "Queued" ? (session.cause?.text ?? session.sentence) : undefined,
    }));
  }
  return session.steps.map((step) => {
    const kind = step.done_at ? "done" : step.began_at ? "now" : "todo";
    const end = step.done_at ? Date.parse(step.done_at) : now.getTime();
    const found = kind === "now" ? step.detail?.match(/(\d{1,3})\s?%/) : undefined;
    return {
      number: step.number,
      text: step.text,
      kind,
      detail: step.detail ?? undefined,
      took: step.began_at ? Math.max(0, end - Date.parse(step.began_at)) : undefined,
      percent: found ? Math.min(100, Number(found[1])) : undefined,
    };
  });
}

/** From here a step takes longer than usual. */
const usual = 12_000;

/** One sentence why it takes longer, once it does. */
export function whySlow(session: Session, lines: readonly StepLine[], now: Date): string | undefined {
  const step = lines.find((line) => line.kind === "now");
  const since = step?.took ?? now.getTime() - Date.parse(session.since);
  if (!step || since < usual) return undefined;
  return session.cause?.text ?? slow[step.number];
}

/** Since when this start goes on. */
export function askedAt(session: Session): Date {
  return new Date(session.steps[0]?.began_at ?? session.since);
}
