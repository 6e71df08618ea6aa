/** The equal command of what a form would do: complete, and safe to paste into a shell. */
import type { Launch, Scope } from "../api/types";

/** One word for a POSIX shell. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export function launchCommand(launch: Launch): string {
  const words = ["carrel", "session", "launch", "--ide", launch.ide];
  if (launch.name?.trim()) words.push("--name", launch.name.trim());
  if (launch.folder?.trim()) words.push("--folder", launch.folder.trim());
  if (launch.resource_profile) words.push("--resource-profile", launch.resource_profile);
  if (launch.cpus) words.push("--cpus", String(launch.cpus));
  if (launch.memory_mb) words.push("--memory-mb", String(launch.memory_mb));
  for (const [name, value] of Object.entries(launch.env ?? {})) words.push("--env", `${name}=${value}`);
  return words.map(quoted).join(" ");
}

export function sessionCommand(verb: string, name: string, ...rest: string[]): string {
  return ["carrel", "session", verb, quoted(name), ...rest].join(" ");
}

/** Made on the server's host, for a user; days that are not given are without end. */
export function tokenCommand(user: string, name: string, scope: Scope, days: number | null): string {
  const words = ["carrel", "token", "create", "--user", user, "--name", name.trim() || "laptop-cli"];
  if (scope === "read") words.push("--read-only");
  words.push("--expires-in", String(days ?? 0));
  return words.map(quoted).join(" ");
}
