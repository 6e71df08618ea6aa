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
    size: size?.id ?? custom,
    cpus: Math.min(size?.cpus ?? 1, options.max_cpus),
    memoryMb: Math.min(size?.memory_mb ?? 1024, options.max_memory_mb),
  };
}

/** The request of a draft: an empty name or folder is left to the server. */
export function requestOf(draft: Draft): Launch {
  const size =
    draft.size === custom
      ? { cpus: draft.cpus, memory_mb: draft.memoryMb }
      : { resource_profile: draft.size };
  return {
    ide: draft.ide,
    ...(draft.name.trim() ? { name: draft.name.trim() } : {}),
    ...(draft.folder.trim() ? { folder: draft.folder.trim() } : {}),
    ...size,
  };
}

/** How much a draft would take. */
export function requested(draft: Draft, options: LaunchOptions): { cpus: number; memory_mb: number } {
  const named = options.sizes.find((one) => one.id === draft.size);
  return named ?? { cpus: draft.cpus, memory_mb: draft.memoryMb };
}

/** A step of memory that makes a slider of at most about a hundred places. */
export function memoryStep(maxMb: number): number {
  const steps = [128, 256, 512, 1024, 2048, 4096, 8192];
  return steps.find((step) => maxMb / step <= 100) ?? 16384;
}

/** Within bounds, whatever was typed. */
export function within(value: number, least: number, most: number): number {
  return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : least;
}
