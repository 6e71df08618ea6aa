import { describe, expect, it } from "vitest";
import { fieldOf, problemOf } from "../api/problem";
import { aSession, inState, minutesAgo, now } from "../testing";
import { found, LineReader } from "./log";
import { plotPoints, rightSize, ticksTo } from "./plot";
import { stepLines, whySlow } from "./steps";

describe("the output", () => {
  it("is cut into lines wherever the pieces end", () => {
    const reader = new LineReader();
    const lines = [...reader.add("one\ntw"), ...reader.add("o\nthr"), ...reader.end()];
    expect(lines.map((line) => line.text)).toEqual(["one", "two", "thr"]);
    expect(lines.map((line) => line.number)).toEqual([1, 2, 3]);
  });

  it("loses colours and what was written over, and keeps its warnings", () => {
    const esc = String.fromCharCode(27);
    const [colour, bar, warning, error] = new LineReader().add(
      `${esc}[32mepoch${esc}[0m 1\n10 %\r90 %\n[W 13:44 App] not trusted\nMemoryError: no\nTraceback (most\n`,
    );
    expect(colour?.text).toBe("epoch 1");
    expect(bar?.text).toBe("90 %");
    expect(warning?.level).toBe("warn");
    expect(error?.level).toBe("bad");
  });

  it("is searched without regard to case", () => {
    const lines = new LineReader().add("Epoch 1\nother\n");
    expect(found(lines, " epoch ").map((line) => line.text)).toEqual(["Epoch 1"]);
    expect(found(lines, "")).toHaveLength(2);
  });
});

describe("the steps of a start", () => {
  const step = (number: number, began: string | null, done: string | null, detail: string | null = null) => ({
    step: "accepted" as const,
    number,
    text: `step ${number}`,
    began_at: began,
    done_at: done,
    detail,
  });

  it("are done, now or to come, with the time they took", () => {
    const session = inState("x", "Starting", {
      steps: [
        step(1, minutesAgo(1), minutesAgo(0.5)),
        step(2, null, minutesAgo(0.5)),
        step(3, minutesAgo(0.5), null, "image 61 %"),
        step(4, null, null),
      ],
    });
    const lines = stepLines(session, now);
    expect(lines.map((line) => line.kind)).toEqual(["done", "done", "now", "todo"]);
    expect(lines[0]?.took).toBe(30_000);
    expect(lines[1]?.took).toBeUndefined();
    expect(lines[2]?.percent).toBe(61);
    expect(whySlow(session, lines, now)).toContain("programs");
  });

  it("say what a waiting session waits for", () => {
    const cause = { code: "no-room", text: "4 CPU are asked for and 2 are free.", who: "nobody" as const };
    const session = inState("x", "Queued", { cause, since: minutesAgo(1) });
    const lines = stepLines(session, now);
    expect(lines[0]?.detail).toBe(cause.text);
    expect(whySlow(session, lines, now)).toBe(cause.text);
    expect(whySlow(inState("x", "Queued", { since: minutesAgo(0.1) }), lines, now)).toBeUndefined();
    expect(stepLines(aSession(), now).every((line) => line.kind === "done")).toBe(true);
  });
});

describe("the plot", () => {
  const point = (minutes: number, memory_mb = 500) => ({
    at: minutesAgo(minutes),
    cpus: 1,
    memory_mb,
    processes: 1,
  });

  it("breaks where nothing was measured", () => {
    const points = plotPoints([point(60), point(59), point(58), point(20), point(19)]);
    expect(points.map((one) => one.cpus)).toEqual([1, 1, 1, null, 1, 1]);
  });

  it("has round figures up to the limit", () => {
    expect(ticksTo(8)).toEqual([0, 2, 4, 6, 8]);
  });

  it("says when less would have been enough, once it ran long enough", () => {
    const usage = (count: number, most: number) => ({
      cpus_limit: 2,
      memory_mb_limit: 8192,
      points: Array.from({ length: count }, (_, i) => point(count - i, most)),
    });
    expect(rightSize(usage(40, 1500))?.fact).toBe("2 GB would have been enough.");
    expect(rightSize(usage(40, 6000))).toBeUndefined();
    expect(rightSize(usage(3, 100))).toBeUndefined();
  });
});

describe("problems", () => {
  it("stand at the field that they are about", () => {
    const problem = problemOf(
      { code: "bad-name", title: "Unprocessable", detail: "Too long." },
      { status: 422 },
    );
    expect(problem).toMatchObject({ code: "bad-name", detail: "Too long." });
    expect(fieldOf(problem)).toBe("name");
    expect(fieldOf(problemOf({ code: "too-many-sessions" }, { status: 409 }))).toBeUndefined();
  });

  it("are made of whatever came", () => {
    expect(problemOf("<html>", { status: 502 })).toMatchObject({ status: 502, code: "http-502" });
  });
});
