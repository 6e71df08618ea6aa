import { describe, expect, it } from "vitest";
import type { LaunchOptions } from "../api/types";
import { larger } from "./larger";

type SizeOption = LaunchOptions["sizes"][number];

const size = (id: string, cpus: number, memory_mb: number, over: Partial<SizeOption> = {}): SizeOption => ({
  id,
  name: id,
  cpus,
  memory_mb,
  gpus: {},
  placement: {},
  available: true,
  cause: null,
  ...over,
});

const options = (sizes: SizeOption[], over: Partial<LaunchOptions> = {}): LaunchOptions => ({
  clusters: [],
  ides: [],
  sizes,
  default_ide: null,
  default_size: null,
  suggested_name: "",
  min_cpus: 0.1,
  max_cpus: null,
  min_memory_mb: 256,
  max_memory_mb: 6144,
  bounds: "",
  custom: { cpus: 1, memory_mb: 1024, available: true, cause: null },
  r_versions: [],
  container: null,
  home: null,
  ...over,
});

const session = { cpus: 1, memory_mb: 2048, gpus: {}, placement: {} };

describe("what ran out of memory is started again with", () => {
  it("the next larger size that may be had and lacks nothing", () => {
    const sizes = [
      size("huge", 4, 16_384),
      size("thin", 0.5, 4096),
      size("refused", 2, 3072, { available: false }),
      size("gpu", 2, 4096, { gpus: { nvidia: 1 } }),
      size("medium", 2, 8192),
    ];
    expect(larger(session, options(sizes))).toEqual({ resource_profile: "medium", memory_mb: 8192 });
    const withGpu = { ...session, gpus: { nvidia: 1 } };
    expect(larger(withGpu, options(sizes))).toEqual({ resource_profile: "gpu", memory_mb: 4096 });
  });

  it("twice its memory, as far as that is allowed, where no size is larger", () => {
    expect(larger(session, options([]))).toEqual({ memory_mb: 4096 });
    expect(larger({ ...session, memory_mb: 4096 }, options([]))).toEqual({ memory_mb: 6144 });
    expect(larger(session, options([], { max_memory_mb: null }))).toEqual({ memory_mb: 4096 });
  });

  it("nothing else where it has the most, or figures of one's own are not allowed", () => {
    expect(larger({ ...session, memory_mb: 6144 }, options([]))).toBeUndefined();
    const custom = { cpus: 1, memory_mb: 1024, available: false, cause: null };
    expect(larger(session, options([], { custom }))).toBeUndefined();
  });
});
