/** Numbers as people write them: one unit per pair, no more digits than are worth reading. */

const gigabyte = 1024;

/** `1.6`, `0.25`, `2`, `1,306`. */
export function short(value: number, digits = 1): string {
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}

/** A measured figure keeps its digit, so that it does not change its width: `2.0`, `0.1`. */
function measured(value: number): string {
  return value >= 100 ? short(value, 0) : value.toFixed(1);
}

/** `512 MB`, `2 GB`, `1.5 GB`. */
export function memory(mb: number): string {
  return mb > 0 && mb < gigabyte ? `${short(mb, 0)} MB` : `${short(mb / gigabyte)} GB`;
}

/** `3.1 of 8 GB`, `310 of 512 MB`: the unit is the limit's. */
export function memoryOf(usedMb: number, limitMb: number): string {
  return limitMb < gigabyte
    ? `${short(usedMb, 0)} of ${memory(limitMb)}`
    : `${measured(usedMb / gigabyte)} of ${memory(limitMb)}`;
}

/** `1.6 of 2`. */
export function cpusOf(used: number, limit: number): string {
  return `${measured(used)} of ${short(limit, 2)}`;
}

/** `2 CPU, 8 GB`. */
export function size(of: { cpus: number; memory_mb: number }): string {
  return `${short(of.cpus, 2)} CPU, ${memory(of.memory_mb)}`;
}

const gpuNames: Record<string, string> = { nvidia: "NVIDIA", amd: "AMD" };

/** `1 NVIDIA GPU`, `2 AMD GPUs`; kinds without any are left out. */
export function gpuWords(gpus: Record<string, number>): string[] {
  const some = Object.entries(gpus).filter(([, number]) => number > 0);
  return some.map(([kind, number]) => `${number} ${gpuNames[kind] ?? kind} ${number === 1 ? "GPU" : "GPUs"}`);
}

/** How full something is, from 0 to 100. */
export function percent(used: number, limit: number): number {
  return limit > 0 ? Math.min(100, Math.max(0, (used / limit) * 100)) : 0;
}

/** A meter's colour: amber above 85 %, red at the limit. */
export function fullness(value: number): "bad" | "warn" | undefined {
  if (value >= 99.5) return "bad";
  return value > 85 ? "warn" : undefined;
}
