import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { largeReport } from "./large-report.ts";
import { renderHtml } from "./render.tsx";
import { clearReport, incompleteReport, lintReport, notClearReport } from "./sample-report.ts";

const REPORTS = {
  "not-clear": notClearReport,
  clear: clearReport,
  lint: lintReport,
  incomplete: incompleteReport,
  long: largeReport(120, 60),
};
/** As large as the page is meant for: axe would take minutes for each look at it. */
const LARGE = "large";
const names = Object.keys(REPORTS) as (keyof typeof REPORTS)[];

let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pratique-page-"));
  for (const name of names) await writeFile(join(folder, `${name}.html`), renderHtml(REPORTS[name]));
  await writeFile(join(folder, `${LARGE}.html`), renderHtml(largeReport(2000, 1000)));
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}, 60_000);

afterAll(async () => {
  await browser?.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

async function visit<T>(
  name: keyof typeof REPORTS | typeof LARGE,
  options: BrowserContextOptions,
  work: (page: Page, seen: { requests: string[]; messages: string[] }) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    const seen = { requests: [] as string[], messages: [] as string[] };
    page.on("request", (request) => seen.requests.push(request.url()));
    page.on("console", (message) => seen.messages.push(message.text()));
    page.on("pageerror", (error) => seen.messages.push(error.message));
    page.on("dialog", (dialog) => {
      seen.messages.push(dialog.message());
      void dialog.dismiss();
    });
    await page.goto(pathToFileURL(join(folder, `${name}.html`)).href);
    return await work(page, seen);
  } finally {
    await context.close();
  }
}

/** The rules of WCAG 2.2 up to AA, by axe's own names. */
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

describe.each(names)("the page is accessible: %s", (name) => {
  test.each([
    ["light", 390],
    ["light", 1280],
    ["dark", 390],
    ["dark", 1280],
  ] as const)("%s, %i wide", (colorScheme, width) =>
    // The page lets no script but its own in; the test's must pass.
    visit(name, { colorScheme, viewport: { width, height: 800 }, bypassCSP: true }, async (page) => {
      await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
      await page.evaluate(axe.source);
      const { violations, passes } = (await page.evaluate(
        `axe.run({ runOnly: ${JSON.stringify(WCAG)} })`,
      )) as axe.AxeResults;
      expect(violations.map(({ id, nodes }) => [id, ...nodes.slice(0, 3).map(({ html }) => html)])).toEqual(
        [],
      );
      expect(passes.map(({ id }) => id)).toContain("color-contrast");
    }),
  );
});

describe.each(names)("the page in a browser: %s", (name) => {
  test("asks for nothing but itself and complains about nothing", () =>
    visit(name, {}, async (page, { requests, messages }) => {
      await page.waitForLoadState("networkidle");
      expect(messages).toEqual([]);
      expect(requests).toEqual([pathToFileURL(join(folder, `${name}.html`)).href]);
      // The style was let through by the page's own policy.
      expect(await page.evaluate("getComputedStyle(document.body).maxWidth")).not.toBe("none");
    }));

  test("headings can be seen", () =>
    visit(name, {}, async (page) => {
      const headings = await page.locator("h1, h2").all();
      expect(headings.length).toBe(21);
      for (const heading of headings) expect(await heading.isVisible()).toBe(true);
    }));

  test("the keyboard reaches the skip link first, and it skips", () =>
    visit(name, {}, async (page) => {
      await page.keyboard.press("Tab");
      const link = page.locator("a.skip");
      expect(await page.evaluate("document.activeElement.className")).toBe("skip");
      expect((await link.boundingBox())?.y).toBeGreaterThanOrEqual(0);
      await page.keyboard.press("Enter");
      await page.keyboard.press("Tab");
      expect(await page.evaluate("document.activeElement.closest('nav') === null")).toBe(true);
    }));

  test.each([320, 360, 720, 1000, 1400])("fits a width of %i", (width) =>
    visit(name, { viewport: { width, height: 800 } }, async (page) => {
      await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    }),
  );
});

test("a link to a requirement that is folded away unfolds it", () =>
  visit("not-clear", {}, async (page) => {
    await page.evaluate("location.hash = 'req-IG-01'");
    await page.waitForTimeout(100);
    expect(await page.locator("#req-IG-01").isVisible()).toBe(true);
  }));

test("prints what is folded away, and no navigation", () =>
  visit("not-clear", {}, async (page) => {
    await page.emulateMedia({ media: "print" });
    expect(await page.locator("nav").isVisible()).toBe(false);
    expect((await page.locator("#req-IG-01").boundingBox())?.height).toBeGreaterThan(10);
  }));

test("is dark where the reader likes it dark", () =>
  visit("not-clear", { colorScheme: "dark" }, async (page) => {
    const colour = await page.evaluate("getComputedStyle(document.body).backgroundColor");
    expect(colour).toBe("rgb(19, 23, 26)");
  }));

describe("the search", () => {
  const rows = (page: Page, of: string): Promise<number> => page.locator(`${of} tbody tr:visible`).count();

  test("shows the packages that have all words, unfolds their lists, and folds them again", () =>
    visit(LARGE, {}, async (page, { messages }) => {
      expect(await rows(page, "#packages")).toBe(0);
      await page.getByLabel("Search packages").fill("PYTHON3-wheel -1999");
      expect(await rows(page, "#packages")).toBe(1);
      expect(await page.locator("#packages tbody tr:visible").innerText()).toContain("python3-wheel-1999");
      expect(await page.locator("#packages output").innerText()).toBe("1 of 2,001");
      expect(await page.locator("#packages details:visible").count()).toBe(1);
      await page.keyboard.press("Escape");
      expect(await page.locator("#packages output").innerText()).toBe("");
      expect(await page.locator("#packages details:visible").count()).toBe(5);
      expect(await rows(page, "#packages")).toBe(0);
      expect(messages).toEqual([]);
    }));

  test("says so when nothing is found, and is of its own section alone", () =>
    visit("not-clear", {}, async (page) => {
      await page.getByLabel("Search vulnerabilities").fill("no such thing");
      expect(await page.locator("#vulnerabilities output").innerText()).toBe("0 of 3");
      expect(await page.locator("#vulnerabilities details:visible").count()).toBe(0);
      expect(await page.locator("#packages details:visible").count()).toBe(5);
    }));

  test("hides nothing from paper", () =>
    visit("not-clear", {}, async (page) => {
      await page.getByLabel("Search packages").fill("no such thing");
      await page.emulateMedia({ media: "print" });
      expect(await rows(page, "#packages")).toBe(7);
      expect(await page.locator(".search:visible").count()).toBe(0);
    }));

  test("is not to be seen without scripts, and everything else is", () =>
    visit("not-clear", { javaScriptEnabled: false }, async (page) => {
      expect(await page.locator(".search:visible").count()).toBe(0);
      expect(await page.locator("h2:visible").count()).toBe(20);
      for (const summary of await page.locator("#packages summary").all()) await summary.click();
      expect(await rows(page, "#packages")).toBe(7);
    }));

  test("is reached and used by keyboard alone", () =>
    visit("not-clear", {}, async (page) => {
      await page.evaluate("location.hash = 'packages'");
      await page.keyboard.press("Tab");
      await page.keyboard.type("libc6");
      expect(await rows(page, "#packages")).toBe(1);
      await page.keyboard.press("Tab");
      expect(await page.evaluate("document.activeElement.tagName")).toBe("SUMMARY");
    }));
});

test("both readers find their way from the first lines, on a phone too", () =>
  visit("not-clear", { viewport: { width: 390, height: 800 } }, async (page) => {
    expect((await page.locator("#verdict").boundingBox())?.y).toBeLessThan(300);
    await page.locator("nav summary").click();
    await page.getByRole("navigation").getByRole("link", { name: "How to verify" }).click();
    expect(await page.evaluate("location.hash")).toBe("#verify");
    await page.getByRole("link", { name: "What was not assessed" }).click();
    expect(await page.evaluate("location.hash")).toBe("#not-shown");
  }));

test("the parts are beside the page where there is room", () =>
  visit("not-clear", { viewport: { width: 1280, height: 800 } }, async (page) => {
    await page.getByRole("navigation").getByRole("link", { name: "Packages" }).click();
    expect(await page.evaluate("location.hash")).toBe("#packages");
    expect(await page.locator("nav summary").isVisible()).toBe(false);
  }));
