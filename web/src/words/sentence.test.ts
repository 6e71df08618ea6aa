import { describe, expect, it } from "vitest";
import { aSession, inState, minutesAgo, now } from "../testing";
import { announcement, sentence, sinceWords } from "./sentence";
import { clock } from "./time";

const clockOf = (iso: string) => clock(new Date(iso));

describe("a session's sentence", () => {
  it("says why it counts as busy", () => {
    const busy = { since: null, ends_at: null, action: "suspend" as const, keep_until: null };
    const session = aSession({ idle: { ...busy, busy_because: "kernel running for 14 min." } });
    expect(sentence(session, now).text).toBe("Busy: kernel running for 14 min");
    const told = aSession({ idle: { ...busy, busy_because: "The kernel of train.ipynb is running." } });
    expect(sentence(told, now).text).toBe("Busy: the kernel of train.ipynb is running");
  });

  it("says when it was used last, as time goes on", () => {
    expect(sentence(aSession({ last_active_at: minutesAgo(1) }), now).text).toBe("In use now");
    expect(sentence(aSession({ last_active_at: minutesAgo(4) }), now).text).toBe("Last used 4 min ago");
  });

  it("says what the idle clock will do, and warns in the last 15 minutes", () => {
    const ends = minutesAgo(-12);
    const idle = { since: minutesAgo(108), ends_at: ends, action: "suspend" as const, busy_because: null };
    const session = inState("x", "Idle", { idle: { ...idle, keep_until: null } });
    expect(sentence(session, now)).toEqual({ text: `Suspends in 12 min, at ${clockOf(ends)}`, warns: true });
    expect(sinceWords(session, now)).toBe("1 h 48 min");
    const later = inState("x", "Idle", {
      idle: { ...idle, action: "quit", ends_at: minutesAgo(-60), keep_until: null },
    });
    expect(sentence(later, now)).toEqual({
      text: `Quits in 1 h, at ${clockOf(minutesAgo(-60))}`,
      warns: false,
    });
    const kept = inState("x", "Idle", { idle: { ...idle, keep_until: minutesAgo(-90) } });
    expect(sentence(kept, now).text).toBe(`Kept until ${clockOf(minutesAgo(-90))}`);
  });

  it("says the step of a start and since when", () => {
    const session = inState("x", "Starting", {
      since: minutesAgo(0.4),
      step: { n: 3, of: 5, text: "Programs present", detail: "61 %." },
    });
    expect(sentence(session, now).text).toBe("Step 3 of 5: Programs present, 61 %");
    expect(sinceWords(session, now)).toBe("24 s");
  });

  it("leaves the rest to the server", () => {
    const failed = inState("x", "Failed", { sentence: "Out of memory.", since: minutesAgo(25) });
    expect(sentence(failed, now).text).toBe("Out of memory.");
    expect(sinceWords(failed, now)).toBe("25 min ago");
    const suspended = inState("x", "Suspended", { sentence: "Files are kept.", since: minutesAgo(30) });
    expect(sentence(suspended, now).text).toBe(`Since ${clockOf(minutesAgo(30))}. Files are kept.`);
  });
});

describe("the live region", () => {
  it("tells a change of state once, with the cause of a failure", () => {
    const starting = inState("a", "Starting");
    expect(announcement(starting, inState("a", "Active"))).toBe("a is active");
    expect(announcement(starting, inState("a", "Starting"))).toBeUndefined();
    expect(announcement(undefined, starting)).toBeUndefined();
    const cause = { code: "out-of-memory", text: "Out of memory.", who: "you" as const };
    expect(announcement(starting, inState("a", "Failed", { cause }))).toBe("a is failed: Out of memory.");
  });
});
