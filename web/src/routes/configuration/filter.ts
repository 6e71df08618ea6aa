import type { Setting } from "../../api/types";

/** The settings in which each of these words stands somewhere: option, value, file, where it is set. */
export function matching(settings: Setting[], text: string): Setting[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return settings.filter(({ file, key, value, source }) => {
    const all = [file, key, value, source].join("\n").toLowerCase();
    return words.every((word) => all.includes(word));
  });
}
