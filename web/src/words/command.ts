/** The equal command of what a form would do: complete, and safe to paste into a shell. */
import type { Launch } from "../api/types";

/** One word for a POSIX shell. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** `8G` where it comes out even, else `1536M`. */
export function memoryWord(mb: number): string {
  return mb % 1024 === 0 ? `${mb / 1024}G` : `${mb}M`;
}

export function launchCommand(launch: Launch): string {
  const words = ["carrel", "session", "launch", "--ide", launch.ide];
  if (launch.name?.trim()) words.push("--name", launch.name.trim());
  if (launch.folder?.trim()) words.push("--folder", launch.folder.trim());
  if (launch.resource_profile) words.push("--resource-profile", launch.resource_profile);
  if (launch.cpus) words.push("--cpus", String(launch.cpus));
  if (launch.memory_mb) words.push("--memory-mb", String(launch.memory_mb));
  return words.map(quoted).join(" ");
}

export function sessionCommand(verb: string, name: string, ...rest: string[]): string {
  return ["carrel", "session", verb, quoted(name), ...rest].join(" ");
}

export function tokenCommand(name: string, scope: "full" | "read", days: number | null): string {
  const words = ["carrel", "token", "create", quoted(name.trim() || "laptop-cli")];
  if (scope === "read") words.push("--scope", "read");
  if (days !== null) words.push("--expires-in-days", String(days));
  return words.join(" ");
}
