/** `Firefox on Linux`, from a user agent: enough to know one's own sign-ins again. */
export function browserName(userAgent: string | null | undefined): string {
  if (!userAgent) return "Unknown browser";
  const browser = [
    [/Edg\//, "Edge"],
    [/OPR\//, "Opera"],
    [/Firefox\//, "Firefox"],
    [/Chrome\/|CriOS\//, "Chrome"],
    [/Safari\//, "Safari"],
    [/^curl\//, "curl"],
    [/^carrel\//, "Carrel command line"],
  ] as const;
  const system = [
    [/iPhone/, "iPhone"],
    [/iPad/, "iPad"],
    [/Android/, "Android"],
    [/Windows/, "Windows"],
    [/Mac OS X/, "macOS"],
    [/CrOS/, "ChromeOS"],
    [/Linux/, "Linux"],
  ] as const;
  const found = browser.find(([pattern]) => pattern.test(userAgent))?.[1] ?? "Another program";
  const on = system.find(([pattern]) => pattern.test(userAgent))?.[1];
  return on ? `${found} on ${on}` : found;
}

export function isPhone(userAgent: string | null | undefined): boolean {
  return /iPhone|Android.*Mobile/.test(userAgent ?? "");
}
