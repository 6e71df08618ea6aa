// Walks through the pages on the mock as a person would, and says what does not do what it should.
// For development only; the suite on the real server is in e2e/. Usage: npm run build && npm run walk
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import * as data from "./data.mjs";
import { startMock } from "./server.mjs";

const walks = {
  async "news of a session change its row and are announced once"({ page, mock }) {
    await page.goto(mock.url);
    const row = page.getByRole("article", { name: "gene-panel, Suspended" });
    await row.waitFor();
    mock.tell({
      ...data.suspended(),
      state: "Active",
      word: "Active",
      may: { ...data.suspended().may, open: true },
    });
    await page.getByRole("article", { name: "gene-panel, Active" }).waitFor();
    await page.getByText("gene-panel is active").waitFor({ state: "attached" });
    await page.getByRole("link", { name: "Open gene-panel" }).waitFor();
  },

  async "a start goes to the IDE by itself, and Back leads to the list"({ page, mock }) {
    await page.goto(mock.url);
    await page.getByRole("button", { name: /^Start JupyterLab/ }).click();
    await page.waitForURL("**/sessions/new1/start");
    await page.getByText("Step 3 of 5").first().waitFor();
    mock.tell(data.session("new1", "analysis-4", "jupyterlab", "Active"));
    await page.waitForURL("**/s/new1/");
    await page.goBack();
    await page.getByRole("heading", { name: "Sessions", level: 1 }).waitFor();
  },

  async "New Session launches what was chosen; without opening it stays on the list"({ page, mock }) {
    await page.goto(mock.url);
    await page.getByRole("link", { name: "New Session" }).click();
    const dialog = page.getByRole("dialog", { name: "New Session" });
    const name = dialog.getByRole("textbox", { name: "Name" });
    await name.waitFor();
    assert.equal(
      await name.evaluate((field) => field === document.activeElement),
      true,
      "the name has the focus",
    );
    assert.equal(await dialog.getByRole("radio", { name: /RStudio/ }).isDisabled(), true);
    await dialog.getByRole("radio", { name: /VS Code/ }).check();
    await name.fill("two words");
    await dialog.getByText("--ide vscode --name 'two words' --resource-profile small").waitFor();
    await dialog.getByRole("radio", { name: /Custom/ }).check();
    await dialog.getByRole("textbox", { name: "CPU" }).fill("3");
    await dialog.getByText("--cpus 3 --memory-mb 2048").waitFor();
    await dialog.getByText("More", { exact: true }).click();
    await dialog.getByRole("textbox", { name: "Environment variables" }).fill("SEED=1\nNOTE=two words");
    await dialog.getByText("--env SEED=1 --env 'NOTE=two words'").waitFor();
    await dialog.getByRole("switch", { name: "Open when ready" }).click();
    await dialog.getByRole("button", { name: "Launch" }).click();
    await page.getByRole("article", { name: "two words, Starting" }).waitFor();
    assert.equal(new URL(page.url()).search, "");
    await page.getByRole("link", { name: "New Session" }).click();
    await dialog.getByRole("switch", { name: "Open when ready" }).waitFor();
    assert.equal(
      await dialog.getByRole("switch", { name: "Open when ready" }).isChecked(),
      false,
      "remembered",
    );
  },

  async "keys open, focus, close; the focus comes back"({ page, mock }) {
    await page.goto(mock.url);
    await page.getByRole("article").first().waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("eda");
    await page.waitForURL("**/?q=eda");
    await page.keyboard.press("Escape");
    await page.keyboard.press("n");
    await page.getByRole("dialog", { name: "New Session" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.keyboard.press("Escape");
    const more = page.getByRole("button", { name: "More actions for sales-forecast" });
    await more.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: "Details" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("menu").waitFor({ state: "detached" });
    assert.equal(await more.evaluate((button) => button === document.activeElement), true);
  },

  async "filter and order stand in the address and survive loading again"({ page, mock }) {
    await page.goto(mock.url);
    await page.getByText(/^Not running \d/).click();
    await page.getByRole("combobox", { name: "Order" }).selectOption("By name");
    await page.waitForURL("**/?show=not-running&sort=name");
    await page.reload();
    const names = await page
      .getByRole("article")
      .evaluateAll((rows) => rows.map((row) => row.getAttribute("aria-label")));
    assert.equal(names.length, 3);
    assert.equal(await page.getByRole("combobox", { name: "Order" }).inputValue(), "name");
    await page.goto(`${mock.url}/?q=zzz`);
    await page.getByText("Nothing matches.").waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByRole("article").nth(7).waitFor();
  },

  async "several are chosen and suspended at once"({ page, mock }) {
    await page.goto(mock.url);
    await page.getByRole("button", { name: "Choose several" }).click();
    await page.getByRole("checkbox", { name: "Choose sales-forecast" }).check();
    await page.getByRole("checkbox", { name: "Choose eda-scratch" }).check();
    await page
      .getByRole("region", { name: "What to do with the chosen" })
      .getByRole("button", { name: "Suspend" })
      .click();
    await page.getByRole("article", { name: "sales-forecast, Suspending" }).waitFor();
    await page.getByRole("article", { name: "eda-scratch, Suspending" }).waitFor();
  },

  async "quit takes it from the list to the history"({ page, mock }) {
    await page.goto(mock.url);
    await page.getByRole("button", { name: "More actions for gene-panel" }).click();
    await page.getByRole("menuitem", { name: "Quit", exact: true }).click();
    await page.getByRole("article", { name: /gene-panel/ }).waitFor({ state: "detached" });
    await page.getByRole("link", { name: "History" }).click();
    await page.getByRole("heading", { name: "History" }).waitFor();
  },

  async "a refusal stands in the page with its reason"({ page, mock }) {
    await page.goto(mock.url);
    await page.getByRole("button", { name: "More actions for course-week-7" }).click();
    await page.getByRole("menuitem", { name: "Suspend" }).click();
    await page.getByText("course-week-7 was not suspended.").waitFor();
    await page.getByText("It is being stopped already.").waitFor();
    await page.getByRole("button", { name: "Dismiss" }).first().click();
    await page.getByText("course-week-7 was not suspended.").waitFor({ state: "detached" });
  },

  async "a stream that is cut is said, and comes back"({ page, mock }) {
    await page.goto(mock.url);
    await page.getByRole("article").first().waitFor();
    mock.refuse(true);
    await page.getByText("Not connected, trying again.").waitFor({ timeout: 15_000 });
    mock.refuse(false);
    await page.getByText("Not connected, trying again.").waitFor({ state: "detached", timeout: 30_000 });
    mock.tell({ ...data.suspended(), name: "renamed-elsewhere" });
    await page.getByRole("article", { name: /renamed-elsewhere/ }).waitFor();
  },

  scenarios: {
    async signedOut({ page, mock }) {
      await page.goto(`${mock.url}/settings`);
      await page.waitForURL("**/sign-in?next=%2Fsettings");
    },
    async huge({ page, mock }) {
      await page.goto(mock.url);
      await page.getByText("100 of 5,000 are shown.").waitFor();
      await page.mouse.wheel(0, 2000);
      await page.waitForFunction(() => scrollY > 500);
      mock.tell(data.session("fresh", "fresh-one", "vscode", "Queued"));
      await page.getByRole("button", { name: "1 new" }).click();
      await page.getByRole("article", { name: "fresh-one, Pending" }).waitFor();
    },
  },
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
const { scenarios, ...usual } = walks;
const all = [
  ...Object.entries(usual).map(([name, walk]) => [name, "usual", walk]),
  ...Object.entries(scenarios).map(([name, walk]) => [`scenario ${name}`, name, walk]),
];
const wanted = process.argv[2] ?? "";
for (const [name, scenario, walk] of all.filter(([one]) => one.includes(wanted))) {
  const mock = await startMock(scenario);
  const context = await browser.newContext({ reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  try {
    await walk({ page, mock });
    console.log(`ok    ${name}`);
  } catch (error) {
    process.exitCode = 1;
    console.log(`WRONG ${name}\n      ${error.message.split("\n").slice(0, 14).join("\n      ")}`);
  }
  await context.close();
  mock.close();
}
await browser.close();
