import { expect, it } from "vitest";
import type { Setting } from "../../api/types";
import { matching } from "./filter";

const setting = (file: string, key: string, value: string, source: string | null): Setting => ({
  file,
  key,
  value,
  source,
  default: null,
  role: "used",
  why: "",
  needs_restart: false,
});

const all = [
  setting("rserver.conf", "www-port", "8787", "/etc/rstudio/rserver.conf:3"),
  setting("profiles", "[@ml] session-limit", "2", "/etc/rstudio/profiles:7"),
  setting("rserver.conf", "www-address", "0.0.0.0", null),
];
const found = (text: string) => matching(all, text).map(({ key }) => key);

it("settings are found by option, value, file and place, whatever the case", () => {
  expect(found("PORT")).toEqual(["www-port"]);
  expect(found("0.0.0")).toEqual(["www-address"]);
  expect(found("rserver.conf")).toEqual(["www-port", "www-address"]);
  expect(found("profiles:7")).toEqual(["[@ml] session-limit"]);
});

it("each word has to stand somewhere; no words leave everything", () => {
  expect(found("www  3")).toEqual(["www-port"]);
  expect(found("www limit")).toEqual([]);
  expect(found("  ")).toHaveLength(3);
});
