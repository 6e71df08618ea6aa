import { describe, expect, it } from "vitest";
import type { LaunchOptions } from "../../api/types";
import { cpuStep, custom, firstDraft, memoryStep, requested, requestOf, variablesOf, within } from "./draft";

const options: LaunchOptions = {
  clusters: [],
  ides: [
    { id: "rstudio", name: "RStudio", version: null, icon: "rstudio", available: false, cause: null },
    { id: "vscode", name: "VS Code", version: "4", icon: "vscode", available: true, cause: null },
  ],
  sizes: [
    { id: "small", name: "Small", cpus: 1, memory_mb: 2048, available: true, cause: null },
    { id: "large", name: "Large", cpus: 4, memory_mb: 8192, available: false, cause: null },
  ],
  default_ide: "rstudio",
  default_size: "large",
  suggested_name: "vscode-1",
  min_cpus: 0.1,
  max_cpus: 2,
  min_memory_mb: 256,
  max_memory_mb: 4096,
  bounds: "The most CPUs and memory are set by the profile of everybody.",
  custom: { cpus: 1, memory_mb: 1024, available: true, cause: null },
  home: "/home/ada",
};

describe("a draft of a session", () => {
  it("begins with what is there, not with what is greyed", () => {
    expect(firstDraft(options, "rstudio")).toMatchObject({ ide: "vscode", size: "small", name: "vscode-1" });
  });

  it("asks for a size by name, or for figures", () => {
    const draft = firstDraft(options);
    expect(requestOf(draft)).toEqual({ ide: "vscode", name: "vscode-1", resource_profile: "small" });
    const own = { ...draft, name: " ", folder: " /data ", size: custom, cpus: 1.5, memoryMb: 3072 };
    expect(requestOf(own)).toEqual({ ide: "vscode", folder: "/data", cpus: 1.5, memory_mb: 3072 });
    expect(requested(own, options)).toEqual({ cpus: 1.5, memory_mb: 3072 });
    expect(requested(draft, options)).toMatchObject({ cpus: 1, memory_mb: 2048 });
  });

  it("stays within bounds", () => {
    expect([within(9, 1, 4), within(Number.NaN, 1, 4)]).toEqual([4, 1]);
    expect([memoryStep(4096), memoryStep(262_144)]).toEqual([128, 4096]);
    expect([cpuStep(0.5), cpuStep(4), cpuStep(64)]).toEqual([0.1, 0.5, 1]);
  });

  it("asks for no size of its own where only named ones are allowed", () => {
    const off = { ...options.custom, available: false };
    const none = {
      ...options,
      custom: off,
      sizes: options.sizes.map((one) => ({ ...one, available: false })),
    };
    const draft = firstDraft(none);
    expect(draft.size).toBe("");
    expect(requestOf(draft)).toEqual({ ide: "vscode", name: "vscode-1" });
  });

  it("takes variables a line each, with whatever stands behind the first equals sign", () => {
    expect(variablesOf("A=1\n\n B =x=y \nC")).toEqual({ A: "1", B: "x=y ", C: "" });
    expect(requestOf({ ...firstDraft(options), env: "A=1" }).env).toEqual({ A: "1" });
  });
});
