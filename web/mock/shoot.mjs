// Takes a picture of every screen in many states and runs axe on each: light, dark and 360 px wide.
// For development only. Usage: npm run build && npm run shoot [-- part-of-a-name] ; CHROMIUM names the browser.
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { startMock } from "./server.mjs";

const wanted = process.argv[2] ?? "";
const out = fileURLToPath(new URL("./shots", import.meta.url));
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const click = (role, name, options) => (page) =>
  page
    .getByRole(role, { name, ...options })
    .first()
    .click();
const more = (name) => click("button", `More actions for ${name}`);

/** name, scenario, address, what to do first. */
const screens = [
  ["home", "usual", "/"],
  ["home-empty", "empty", "/"],
  ["home-one", "one", "/"],
  ["home-fifty", "fifty", "/"],
  ["home-huge", "huge", "/"],
  ["home-nothing", "usual", "/?q=zzz"],
  ["home-running", "usual", "/?show=running&sort=name"],
  ["home-loading", "silent", "/"],
  ["home-broken", "broken", "/"],
  ["home-cut", "cut", "/", (page) => page.getByText("Not connected").waitFor()],
  ["home-warned", "warned", "/"],
  ["home-menu", "usual", "/", more("sales-forecast")],
  ["home-user", "usual", "/", click("button", /your menu/)],
  ["home-keys", "usual", "/", (page) => page.keyboard.press("?")],
  ["home-keep", "usual", "/", click("button", "Keep eda-scratch for 2 more hours")],
  [
    "home-refused",
    "usual",
    "/",
    async (page) => {
      await more("course-week-7")(page);
      await click("menuitem", "Suspend")(page);
      await page.getByText("not-possible-now").waitFor();
    },
  ],
  [
    "home-rename",
    "usual",
    "/",
    async (page) => {
      await more("sales-forecast")(page);
      await click("menuitem", "Rename…")(page);
      await page.getByRole("textbox", { name: "Name" }).fill("bad");
      await click("button", "Rename", { exact: true })(page);
      await page.getByText("at most 64").waitFor();
    },
  ],
  [
    "home-force-quit",
    "usual",
    "/",
    async (page) => {
      await more("sales-forecast")(page);
      await click("menuitem", "Force Quit…")(page);
    },
  ],
  [
    "home-choosing",
    "usual",
    "/",
    async (page) => {
      await click("button", "Choose several")(page);
      for (const name of ["sales-forecast", "eda-scratch", "gene-panel"])
        await click("checkbox", `Choose ${name}`)(page);
    },
  ],
  ["history", "usual", "/?show=history"],
  ["history-empty", "empty", "/?show=history"],
  ["new-session", "usual", "/?new=1"],
  ["new-session-limited", "limited", "/?new=1"],
  ["new-session-pods", "pods", "/?new=1"],
  ["new-session-pods-gpu", "pods", "/?new=1", click("radio", /^GPU/)],
  ["new-session-pods-custom", "pods", "/?new=1", click("radio", /Custom/)],
  [
    "new-session-pods-image",
    "pods",
    "/?new=1",
    async (page) => {
      await click("combobox", "Image")(page);
      await click("option", "Another image…")(page);
    },
  ],
  ["new-session-custom", "usual", "/?new=1", click("radio", /Custom/)],
  [
    "new-session-bad",
    "usual",
    "/?new=1",
    async (page) => {
      await page.getByRole("textbox", { name: "Name" }).fill("bad");
      await click("button", "Launch")(page);
      await page.getByText("U+202E").waitFor();
    },
  ],
  [
    "new-session-full",
    "usual",
    "/?new=1",
    async (page) => {
      await page.getByRole("textbox", { name: "Name" }).fill("full");
      await click("button", "Launch")(page);
      await page.getByText("too-many-sessions").waitFor();
    },
  ],
  ["new-session-broken", "broken", "/?new=1"],
  ["start", "usual", "/sessions/k3v9/start"],
  ["start-queued", "usual", "/sessions/g2f5/start"],
  ["start-failed", "usual", "/sessions/w8r1/start"],
  ["start-suspended", "usual", "/sessions/n5t0/start"],
  ["start-missing", "usual", "/sessions/none/start"],
  ["session", "usual", "/sessions/q7m2"],
  ["session-idle", "usual", "/sessions/b4d6"],
  ["session-failed", "usual", "/sessions/w8r1"],
  ["session-lost", "usual", "/sessions/z0l3"],
  ["session-suspended", "usual", "/sessions/n5t0"],
  ["session-missing", "usual", "/sessions/none"],
  ["session-keep", "usual", "/sessions/b4d6", click("button", "Keep until…")],
  ["session-menu", "usual", "/sessions/q7m2", more("sales-forecast")],
  ["session-usage", "usual", "/sessions/q7m2?tab=usage"],
  ["session-usage-week", "usual", "/sessions/q7m2?tab=usage&window=7d"],
  ["session-events", "usual", "/sessions/q7m2?tab=events"],
  ["session-logs", "usual", "/sessions/q7m2?tab=logs"],
  [
    "session-logs-find",
    "usual",
    "/sessions/q7m2?tab=logs",
    (page) => page.getByRole("searchbox", { name: "Find in the output" }).fill("epoch"),
  ],
  ["configuration", "usual", "/admin/configuration"],
  ["what-if", "pods", "/admin/what-if"],
  ["what-if-yes", "pods", "/admin/what-if?user=cokafor&ide=rstudio"],
  ["what-if-no", "pods", "/admin/what-if?user=cokafor&ide=rstudio&size=huge"],
  ["settings", "usual", "/settings"],
  ["settings-empty", "empty", "/settings"],
  ["settings-broken", "broken", "/settings"],
  ["settings-token", "usual", "/settings", click("button", "New token")],
  [
    "settings-secret",
    "usual",
    "/settings",
    async (page) => {
      await click("button", "New token")(page);
      await page.getByRole("textbox", { name: "Name" }).fill("laptop");
      await click("button", "Make token")(page);
      await page.getByText("carrel_9f4c").waitFor();
    },
  ],
  ["not-found", "usual", "/nothing"],
];

const looks = [
  ["", { viewport: { width: 1280, height: 800 }, colorScheme: "light" }],
  ["-dark", { viewport: { width: 1280, height: 800 }, colorScheme: "dark" }],
  ["-360", { viewport: { width: 360, height: 740 }, colorScheme: "light", hasTouch: true }],
];

await mkdir(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
let bad = 0;
let taken = 0;
for (const [look, settings] of looks) {
  const context = await browser.newContext({ ...settings, reducedMotion: "reduce", bypassCSP: false });
  for (const [name, scenario, address, first] of screens) {
    if (!`${name}${look}`.includes(wanted)) continue;
    bad += await shoot(context, `${name}${look}`, scenario, address, first);
    taken += 1;
  }
  await context.close();
}
await browser.close();
console.log(`${taken} screens, ${bad} with something wrong`);
process.exitCode = bad ? 1 : 0;

async function shoot(context, name, scenario, address, first) {
  const mock = await startMock(scenario);
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource|EventSource/.test(message.text()))
      wrong.push(message.text());
  });
  try {
    await page.goto(mock.url + address);
    await page.locator("main h1, [role=dialog]").first().waitFor();
    await page.waitForTimeout(350);
    await first?.(page);
    await page.waitForTimeout(250);
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({ path: `${out}/${name}.png` });
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() =>
      // "region" complains about every portal.
      window.axe.run(document, { rules: { region: { enabled: false } } }),
    );
    for (const one of violations) {
      wrong.push(
        `${one.id}: ${one.nodes
          .map((node) => `${node.target} ${node.failureSummary}`)
          .join(" | ")
          .slice(0, 700)}`,
      );
    }
    const wide = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    if (wide > 0) wrong.push(`the page is ${wide} px too wide`);
  } catch (error) {
    wrong.push(error.message.split("\n").slice(0, 4).join(" "));
    await page.screenshot({ path: `${out}/${name}.png` }).catch(() => undefined);
  }
  await page.close();
  mock.close();
  for (const line of wrong) console.log(`${name}: ${line}`);
  return wrong.length ? 1 : 0;
}
