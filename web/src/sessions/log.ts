/** The output of a session as lines. Pure. */

export interface LogLine {
  number: number;
  text: string;
  level?: "warn" | "bad";
}

/** More lines than this are not kept in the page; the download has all. */
const mostLines = 5000;

const esc = String.fromCharCode(0x1b);
const bell = String.fromCharCode(0x07);

/** Colours and titles for terminals. */
const escapes = new RegExp(
  `${esc}\\[[0-9;?]*[ -/]*[@-~]|${esc}\\][^${bell}${esc}]*(${bell}|${esc}\\\\)`,
  "g",
);

/** What is left and is not text; a tab is. */
const controls = /\p{Cc}/gu;

const bad = /^\[(E|C) |error\b|\b(fatal|critical|traceback|panic(ked)?)\b/i;
const warn = /^\[W |\bwarn\b|warning\b/i;

function lineOf(raw: string, number: number): LogLine {
  // A carriage return writes over what stood there: the last part is what a terminal would show.
  const shown = raw.replace(/\r$/, "").split("\r").at(-1) ?? "";
  const text = shown.replace(escapes, "").replaceAll("\t", "    ").replace(controls, "");
  const level = bad.test(text) ? "bad" : warn.test(text) ? "warn" : undefined;
  return { number, text, level };
}

/** Text that arrives in pieces, cut into lines; a piece may end within one. */
export class LineReader {
  #rest = "";
  #number = 0;

  add(piece: string): LogLine[] {
    const parts = (this.#rest + piece).split("\n");
    this.#rest = parts.pop() ?? "";
    return parts.map((part) => lineOf(part, ++this.#number));
  }

  /** What stands after the last line break. */
  end(): LogLine[] {
    const rest = this.#rest;
    this.#rest = "";
    return rest ? [lineOf(rest, ++this.#number)] : [];
  }
}

export function appended(lines: readonly LogLine[], more: readonly LogLine[]): LogLine[] {
  return [...lines, ...more].slice(-mostLines);
}

export function found(lines: readonly LogLine[], text: string): readonly LogLine[] {
  const wanted = text.trim().toLowerCase();
  return wanted ? lines.filter((line) => line.text.toLowerCase().includes(wanted)) : lines;
}
