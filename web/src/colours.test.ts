import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

/** The files that may hold colours: the tokens, and the shades that Mantine calculates with. */
const allowed = ["styles/tokens.css", "theme.ts"];

describe("colours", () => {
  it("stand only among the tokens", () => {
    const files = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(css|tsx?)$/.test(file) && !file.endsWith(".test.ts"))
      .filter((file) => !allowed.includes(file));
    const found = files.filter((file) =>
      /#[0-9a-f]{3,8}\b(?!-)|\b(rgb|hsl)a?\(/i.test(readFileSync(join(import.meta.dirname, file), "utf8")),
    );
    expect(files.length).toBeGreaterThan(40);
    expect(found).toEqual([]);
  });
});
