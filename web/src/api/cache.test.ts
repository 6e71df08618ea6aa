import { describe, expect, it } from "vitest";
import { aSession, inState } from "../testing";
import { Arrivals, withSession, withSessions, withStopped, withUsage, withUsages } from "./cache";
import type { Session } from "./types";

const list = [inState("a", "Active"), inState("b", "Idle")];
const ids = (sessions: readonly { id: string }[]) => sessions.map((one) => one.id);

describe("news of a session", () => {
  it("changes its row in place and leaves the others the same objects", () => {
    const after = withSession(list, inState("b", "Suspending"));
    expect(ids(after)).toEqual(["a", "b"]);
    expect(after[1]?.state).toBe("Suspending");
    expect(after[0]).toBe(list[0]);
  });

  it("puts a new one first and takes a stopped one out", () => {
    expect(ids(withSession(list, inState("c", "Queued")))).toEqual(["c", "a", "b"]);
    expect(ids(withSession(list, inState("a", "Stopped")))).toEqual(["b"]);
    expect(ids(withSession(list, inState("z", "Stopped")))).toEqual(["a", "b"]);
  });

  it("keeps what was measured while it runs, and forgets it when it does not", () => {
    const measured = withUsage(aSession(), { id: "q7m2", cpus: 1.5, memory_mb: 900 });
    expect(withSession([measured], aSession())[0]?.usage?.cpus).toBe(1.5);
    expect(withSession([measured], aSession({ state: "Suspended" }))[0]?.usage).toBeNull();
  });

  it("moves an ended session to the history", () => {
    const ended = inState("a", "Stopped");
    expect(withStopped([], ended)).toEqual([ended]);
    expect(withStopped([ended], ended)).toHaveLength(1);
    expect(withStopped([ended], inState("b", "Active"))).toEqual([ended]);
  });

  it("is applied in order when much comes at once", () => {
    const news = [inState("c", "Queued"), inState("c", "Starting"), inState("a", "Stopped")];
    expect(withSessions(list, news).map((one) => `${one.id} ${one.state}`)).toEqual(["c Starting", "b Idle"]);
  });
});

describe("news of use", () => {
  it("adds a point to the curve and keeps forty", () => {
    let session = aSession();
    for (let i = 0; i < 50; i++) session = withUsage(session, { id: session.id, cpus: i, memory_mb: 1 });
    expect(session.usage?.cpu_history).toHaveLength(40);
    expect(session.usage?.cpu_history.at(-1)).toBe(49);
  });

  it("leaves rows without news the same objects", () => {
    const after = withUsages(list, [{ id: "b", cpus: 1, memory_mb: 2 }]);
    expect(after[0]).toBe(list[0]);
    expect(after[1]?.usage?.memory_mb).toBe(2);
  });
});

describe("a list that is fetched while news come", () => {
  it("does not fall back behind them", async () => {
    const arrivals = new Arrivals();
    const answer = arrivals.during(async () => {
      arrivals.add(inState("b", "Suspended"));
      return list;
    });
    expect((await answer).map((one) => one.state)).toEqual(["Active", "Suspended"]);
    // What came before the fetch is in its answer already.
    arrivals.add(inState("a", "Stopped"));
    expect(ids(await arrivals.during(async () => list))).toEqual(["a", "b"]);
  });
});

describe("the answer to an action", () => {
  const at = (state: Session["state"], second: number) => ({
    ...inState("a", state),
    since: `2026-11-22T20:16:${second}.5Z`,
  });

  it("counts nothing when the stream was quicker", () => {
    const arrivals = new Arrivals();
    const shown = (state: Session["state"], second: number) => arrivals.newest(at(state, second)).state;
    expect(shown("Suspending", 17)).toBe("Suspending");
    arrivals.add(at("Suspended", 18));
    expect(shown("Suspending", 17)).toBe("Suspended");
    expect(shown("Queued", 19)).toBe("Queued");
  });
});
