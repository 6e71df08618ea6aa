/** The equal command of what a form would do: complete, and safe to paste into a shell. */
import type { Launch, NewSize, Scope, WhatIfQuestion } from "../api/types";

/** One word for a POSIX shell. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export function launchCommand(launch: Launch): string {
  const words = ["carrel", "session", "launch", "--ide", launch.ide];
  if (launch.name?.trim()) words.push("--name", launch.name.trim());
  if (launch.folder?.trim()) words.push("--folder", launch.folder.trim());
  words.push(...sizeFlags(launch));
  if (launch.r_version) words.push("--r-version", launch.r_version);
  if (launch.image) words.push("--image", launch.image);
  for (const [kind, number] of Object.entries(launch.gpus ?? {})) words.push("--gpus", `${kind}:${number}`);
  for (const [label, value] of Object.entries(launch.placement ?? {})) {
    words.push("--placement", `${label}:${value}`);
  }
  for (const [name, value] of Object.entries(launch.env ?? {})) words.push("--env", `${name}=${value}`);
  return words.map(quoted).join(" ");
}

/** How a size is asked for. */
export function sizeFlags(size: NewSize = {}): string[] {
  const words: string[] = [];
  if (size.resource_profile) words.push("--resource-profile", size.resource_profile);
  if (size.cpus) words.push("--cpus", String(size.cpus));
  if (size.memory_mb) words.push("--memory-mb", String(size.memory_mb));
  return words;
}

/** What an administrator asks of somebody, and of what they would ask for. */
export function whatIfCommand(question: WhatIfQuestion): string {
  const words = ["carrel", "what-if", "--user", question.user];
  if (question.ide) words.push("--ide", question.ide);
  if (question.resource_profile) words.push("--resource-profile", question.resource_profile);
  if (question.r_version) words.push("--r-version", question.r_version);
  if (question.image) words.push("--image", question.image);
  if (question.gpus) words.push("--gpus", question.gpus);
  if (question.placement) words.push("--placement", question.placement);
  return words.map(quoted).join(" ");
}

export function sessionCommand(verb: string, name: string, ...rest: string[]): string {
  return ["carrel", "session", verb, name, ...rest].map(quoted).join(" ");
}

/** Made on the server's host, for a user; days that are not given are without end. */
export function tokenCommand(user: string, name: string, scope: Scope, days: number | null): string {
  const words = ["carrel", "token", "create", "--user", user, "--name", name.trim() || "laptop-cli"];
  if (scope === "read") words.push("--read-only");
  words.push("--expires-in", String(days ?? 0));
  return words.map(quoted).join(" ");
}
