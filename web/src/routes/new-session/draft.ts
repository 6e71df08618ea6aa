/** What somebody has chosen in New Session so far. Pure. */
import type { Launch, LaunchOptions } from "../../api/types";

/** The size that is none of the named ones. */
export const custom = "custom";
/** The image that is none of the offered ones. */
export const other = "other";

export interface Draft {
  ide: string;
  name: string;
  folder: string;
  /** The id of a size, or [custom]. */
  size: string;
  cpus: number;
  memoryMb: number;
  /** The folder of an offered R, or nothing for the first one. */
  rVersion: string;
  /** The name of an offered image, [other], or nothing for the usual one of the IDE. */
  image: string;
  /** The image that was typed. */
  ownImage: string;
  /** GPUs by their kind, for a size of one's own. */
  gpus: Record<string, number>;
  /** Values of labels that the node must have; an empty one is any. */
  placement: Record<string, string>;
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
    cpus: within(size?.cpus ?? options.custom.cpus, 0, options.max_cpus),
    memoryMb: within(size?.memory_mb ?? options.custom.memory_mb, 0, options.max_memory_mb),
    rVersion: "",
    image: "",
    ownImage: "",
    gpus: Object.fromEntries((options.container?.gpus ?? []).map((gpu) => [gpu.id, gpu.usual])),
    placement: {},
    env: "",
  };
}

/** The R that a draft has: an offered one, or nothing where there is nothing to choose from. */
export function rVersionOf(draft: Draft, { r_versions }: LaunchOptions): string {
  return (r_versions.find((one) => one.id === draft.rVersion) ?? r_versions[0])?.id ?? "";
}

type IdeImages = NonNullable<LaunchOptions["ides"][number]["images"]>;

const noImages: IdeImages = { offered: [], usual: null };

/** The images of the IDE that was chosen. */
export const imagesOf = (draft: Draft, options: LaunchOptions): IdeImages =>
  options.ides.find((one) => one.id === draft.ide)?.images ?? noImages;

/** The image that a draft has: an offered one, [other], or nothing where there is none. One that is not offered for the
 * IDE that was chosen since is forgotten. */
export function imageOf(draft: Draft, options: LaunchOptions): string {
  const { offered, usual } = imagesOf(draft, options);
  if (draft.image === other && options.container?.other_images) return other;
  if (offered.some((one) => one.id === draft.image)) return draft.image;
  return usual ?? (options.container?.other_images ? other : "");
}

/** The labels that the node of a draft must have because its size says so. */
export const fixedPlacement = (draft: Draft, options: LaunchOptions): Record<string, string> =>
  options.sizes.find((one) => one.id === draft.size)?.placement ?? {};

/** What of a request only containers have. */
function contained(draft: Draft, options: LaunchOptions): Pick<Launch, "image" | "gpus" | "placement"> {
  const { container } = options;
  if (!container) return {};
  const chosen = imageOf(draft, options);
  const image = chosen === other ? draft.ownImage.trim() : chosen;
  const fixed = fixedPlacement(draft, options);
  const labels = container.placement.map((one) => one.label).filter((label) => !(label in fixed));
  const placement = labels.flatMap((label) => {
    const value = draft.placement[label]?.trim();
    return value ? [[label, value]] : [];
  });
  const gpus = container.gpus
    .filter((gpu) => draft.size === custom && draft.gpus[gpu.id] !== gpu.usual)
    .map((gpu) => [gpu.id, draft.gpus[gpu.id] ?? 0]);
  return {
    ...(image && image !== imagesOf(draft, options).usual ? { image } : {}),
    ...(gpus.length > 0 ? { gpus: Object.fromEntries(gpus) } : {}),
    ...(placement.length > 0 ? { placement: Object.fromEntries(placement) } : {}),
  };
}

/** The request of a draft: what is empty or usual is left to the server. */
export function requestOf(draft: Draft, options: LaunchOptions): Launch {
  const size =
    draft.size === custom
      ? { cpus: draft.cpus, memory_mb: draft.memoryMb }
      : draft.size
        ? { resource_profile: draft.size }
        : {};
  const env = variablesOf(draft.env);
  const rVersion = rVersionOf(draft, options);
  return {
    ide: draft.ide,
    ...(draft.name.trim() ? { name: draft.name.trim() } : {}),
    ...(draft.folder.trim() ? { folder: draft.folder.trim() } : {}),
    ...size,
    ...(rVersion !== (options.r_versions[0]?.id ?? "") ? { r_version: rVersion } : {}),
    ...contained(draft, options),
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

/** Within bounds, whatever was typed; without a most there is none. */
export function within(value: number, least: number, most: number | null): number {
  if (!Number.isFinite(value)) return least;
  return Math.max(least, most === null ? value : Math.min(most, value));
}
