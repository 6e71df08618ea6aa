import { describe, expect, it } from "vitest";
import { inState, minutesAgo } from "../testing";
import { counts, filtered, matches, settled, sorted } from "./list";

const all = [
  inState("gene-panel", "Suspended"),
  inState("churn-model", "Starting"),
  inState("older", "Active", { last_active_at: minutesAgo(30) }),
  inState("newer", "Active", { last_active_at: minutesAgo(2) }),
  inState("big-join", "Failed", { ide: "notebook", ide_name: "Jupyter Notebook" }),
  inState("waits", "Queued"),
];
const names = (list: readonly { name: string }[]) => list.map((one) => one.name);

describe("the list", () => {
  it("begins with what needs an eye, then by last use", () => {
    const byState = ["churn-model", "newer", "older", "waits", "big-join", "gene-panel"];
    expect(names(sorted(all, "state"))).toEqual(byState);
    expect(names(sorted(all, "name"))[0]).toBe("big-join");
  });

  it("shows running, not running, and what the words match", () => {
    const show = (of: "running" | "not-running", text = "") =>
      names(filtered(all, { show: of, text, sort: "state" }));
    expect(show("not-running")).toEqual(["gene-panel", "big-join"]);
    expect(show("running", "NEW")).toEqual(["newer"]);
    expect(counts(all)).toEqual({ all: 6, running: 4, "not-running": 2 });
  });

  it("finds by name, IDE and state together", () => {
    const [, , , , failed] = all;
    expect(failed && matches(failed, "note failed")).toBe(true);
    expect(failed && matches(failed, "note active")).toBe(false);
  });

  it("does not jump: what is there keeps its place, what is new comes first", () => {
    const kept = ["older", "gene-panel", "gone"];
    expect(names(settled(all, kept, "state")).slice(-2)).toEqual(["older", "gene-panel"]);
    expect(names(settled(all, kept, "state"))[0]).toBe("churn-model");
  });
});
