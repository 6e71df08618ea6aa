import { describe, expect, it } from "vitest";
import type { LaunchOptions } from "../../api/types";
import {
  cpuStep,
  custom,
  firstDraft,
  imageOf,
  memoryStep,
  other,
  requested,
  requestOf,
  rVersionOf,
  variablesOf,
  within,
} from "./draft";

const options: LaunchOptions = {
  clusters: [],
  ides: [
    {
      id: "rstudio",
      name: "RStudio",
      version: null,
      icon: "rstudio",
      images: null,
      available: false,
      cause: null,
    },
    {
      id: "vscode",
      name: "VS Code",
      version: "4",
      icon: "vscode",
      images: null,
      available: true,
      cause: null,
    },
  ],
  sizes: [
    {
      id: "small",
      name: "Small",
      cpus: 1,
      memory_mb: 2048,
      gpus: {},
      placement: {},
      available: true,
      cause: null,
    },
    {
      id: "large",
      name: "Large",
      cpus: 4,
      memory_mb: 8192,
      gpus: {},
      placement: {},
      available: false,
      cause: null,
    },
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
  r_versions: [],
  container: null,
  home: "/home/ada",
};

/** The same where sessions run in pods: the images of an IDE are of the person or of its file. */
const inPods: LaunchOptions = {
  ...options,
  ides: [
    { id: "vscode", images: { offered: ["a:1", "b:2"].map((id) => ({ id, name: id })), usual: "b:2" } },
    { id: "jupyterlab", images: { offered: [{ id: "a:1", name: "a:1" }], usual: "a:1" } },
  ].map((one) => ({ ...one, name: one.id, version: null, icon: one.id, available: true, cause: null })),
  sizes: [
    {
      ...{
        id: "fast",
        name: "Fast",
        cpus: 1,
        memory_mb: 2048,
        gpus: { nvidia: 1 },
        placement: { pool: "high" },
      },
      ...{ available: true, cause: null },
    },
  ],
  default_ide: "vscode",
  default_size: "fast",
  max_cpus: null,
  max_memory_mb: null,
  container: {
    other_images: true,
    images_by: "Other images may be named, by the profile of everybody.",
    gpus: [
      { id: "nvidia", name: "NVIDIA", usual: 1, max: 2, bounds: "At most 2, by the profile of everybody." },
    ],
    placement: [
      { label: "pool", values: ["high", "low"], free: false },
      { label: "zone", values: [], free: true },
    ],
  },
};

describe("a draft of a session", () => {
  it("begins with what is there, not with what is greyed", () => {
    expect(firstDraft(options, "rstudio")).toMatchObject({ ide: "vscode", size: "small", name: "vscode-1" });
  });

  it("asks for a size by name, or for figures", () => {
    const draft = firstDraft(options);
    expect(requestOf(draft, options)).toEqual({ ide: "vscode", name: "vscode-1", resource_profile: "small" });
    const own = { ...draft, name: " ", folder: " /data ", size: custom, cpus: 1.5, memoryMb: 3072 };
    expect(requestOf(own, options)).toEqual({ ide: "vscode", folder: "/data", cpus: 1.5, memory_mb: 3072 });
    expect(requested(own, options)).toEqual({ cpus: 1.5, memory_mb: 3072 });
    expect(requested(draft, options)).toMatchObject({ cpus: 1, memory_mb: 2048 });
  });

  it("stays within bounds", () => {
    expect([within(9, 1, 4), within(Number.NaN, 1, 4), within(9, 1, null)]).toEqual([4, 1, 9]);
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
    expect(requestOf(draft, none)).toEqual({ ide: "vscode", name: "vscode-1" });
  });

  it("asks for an R that is offered and is not the first one anyway", () => {
    const rs = { ...options, r_versions: ["/opt/R/4.4", "/opt/R/4.3"].map((id) => ({ id, name: id })) };
    const draft = firstDraft(rs);
    expect(rVersionOf(draft, rs)).toBe("/opt/R/4.4");
    expect(requestOf({ ...draft, rVersion: "/opt/R/4.3" }, rs)).toMatchObject({ r_version: "/opt/R/4.3" });
    for (const rVersion of ["", "/opt/R/4.4", "/opt/R/3.6"]) {
      expect(requestOf({ ...draft, rVersion }, rs)).not.toHaveProperty("r_version");
    }
    expect(requestOf({ ...draft, rVersion: "/opt/R/4.3" }, options)).not.toHaveProperty("r_version");
  });

  it("takes variables a line each, with whatever stands behind the first equals sign", () => {
    expect(variablesOf("A=1\n\n B =x=y \nC")).toEqual({ A: "1", B: "x=y ", C: "" });
    expect(requestOf({ ...firstDraft(options), env: "A=1" }, options).env).toEqual({ A: "1" });
  });

  it("asks for nothing of containers that is usual or belongs to the size", () => {
    const draft = { ...firstDraft(inPods), placement: { pool: "low", zone: " " } };
    expect(requestOf(draft, inPods)).toEqual({ ide: "vscode", name: "vscode-1", resource_profile: "fast" });
    const own = {
      ...draft,
      size: custom,
      image: "a:1",
      gpus: { nvidia: 2 },
      placement: { pool: "low", zone: "a" },
    };
    expect(requestOf(own, inPods)).toMatchObject({
      image: "a:1",
      gpus: { nvidia: 2 },
      placement: { pool: "low", zone: "a" },
    });
    expect(requestOf({ ...own, gpus: { nvidia: 0 } }, inPods).gpus).toEqual({ nvidia: 0 });
  });

  it("forgets an image that the IDE chosen since does not have", () => {
    const draft = { ...firstDraft(inPods), image: "b:2" };
    expect(imageOf(draft, inPods)).toBe("b:2");
    expect(imageOf({ ...draft, ide: "jupyterlab" }, inPods)).toBe("a:1");
    const typed = { ...draft, image: other, ownImage: " ghcr.io/x:1 " };
    expect(requestOf(typed, inPods).image).toBe("ghcr.io/x:1");
    expect(requestOf(draft, options)).not.toHaveProperty("image");
  });
});
