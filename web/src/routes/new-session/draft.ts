/** What somebody has chosen in New Session so far. Pure. */
import type { Launch, LaunchOptions } from "../../api/types";

/** The size that is none of the named ones. */
export const custom = "custom";

export interface Draft {
  ide: string;
  name: string;
  folder: string;
  /** The id of a size, or [custom]. */
  size: string;
  cpus: number;
  memoryMb: number;
  /** Variables for the IDE: `NAME=value`, one a line. */
  env: string;
}

/** The usual choices; an IDE that was asked for, if it is there. */
export function firstDraft(options: LaunchOptions, ide?: string): Draft {
  const there = options.ides.filter((one) => one.available);
  const chosen =
    there.find((one) => one.id === ide) ?? there.find((one) => one.id === options.default_ide) ?? there[0];
  const sizes = options.sizes.filter((one) => one.available);
  const size = sizes.find((one) => one.id === options.default_size) ?? sizes[0];
  return {
    ide: chosen?.id ?? "",
    name: options.suggested_name,
    folder: "",
    size: size?.id ?? (options.custom.available ? custom : ""),
    cpus: Math.min(size?.cpus ?? options.custom.cpus, options.max_cpus),
    memoryMb: Math.min(size?.memory_mb ?? options.custom.memory_mb, options.max_memory_mb),
    env: "",
  };
}

/** The request of a draft: an empty name or folder is left to the server. */
export function requestOf(draft: Draft): Launch {
  const size =
    draft.size === custom
      ? { cpus: draft.cpus, memory_mb: draft.memoryMb }
      : draft.size
        ? { resource_profile: draft.size }
        : {};
  const env = variablesOf(draft.env);
  return {
    ide: draft.ide,
    ...(draft.name.trim() ? { name: draft.name.trim() } : {}),
    ...(draft.folder.trim() ? { folder: draft.folder.trim() } : {}),
    ...size,
    ...(Object.keys(env).length > 0 ? { env } : {}),
  };
}

/** The variables of lines `NAME=value`. A line without `=` sets its name to nothing, and the server checks names. */
export function variablesOf(lines: string): Record<string, string> {
  const pairs = lines
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line): [string, string] => {
      const at = line.indexOf("=");
      return at < 0 ? [line.trim(), ""] : [line.slice(0, at).trim(), line.slice(at + 1)];
    });
  return Object.fromEntries(pairs);
}

/** How much a draft would take. */
export function requested(draft: Draft, options: LaunchOptions): { cpus: number; memory_mb: number } {
  const named = options.sizes.find((one) => one.id === draft.size);
  return named ?? { cpus: draft.cpus, memory_mb: draft.memoryMb };
}

/** A step of CPUs that suits their bound. */
export const cpuStep = (maxCpus: number): number => (maxCpus <= 1 ? 0.1 : maxCpus <= 8 ? 0.5 : 1);

/** A step of memory that makes a slider of at most about a hundred places. */
export function memoryStep(maxMb: number): number {
  const steps = [128, 256, 512, 1024, 2048, 4096, 8192];
  return steps.find((step) => maxMb / step <= 100) ?? 16384;
}

/** Within bounds, whatever was typed. */
export function within(value: number, least: number, most: number): number {
  return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : least;
}
