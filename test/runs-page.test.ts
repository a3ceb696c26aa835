// The page of cria runs in a real browser: what is drawn, chosen, read and told live. It is served by the command itself.
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Locator, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { executablePath, launchBrowser } from "./launch-browser.ts";
import { type Home, makeHome, type Running, waitFor } from "./run-cli.ts";
import { endLine, runLog, stepLines } from "./run-logs.ts";

describe.skipIf(!executablePath)("the page of runs", () => {
  let home: Home;
  let browser: Browser;
  let server: Running;
  /** What the page complains about. */
  const complaints: string[] = [];
  beforeAll(async () => {
    home = makeHome();
    writeRun("small", runLog({ time: "2026-01-01T00:00:00Z", steps: 40, made: 40, dim: 64 }) + endLine("finished"));
    writeRun("large", runLog({ time: "2026-01-02T00:00:00Z", steps: 40, made: 20, dim: 128 }));
    writeRun("<img src=x onerror=alert(1)>", "hello\n");
    server = home.start(["runs", "--serve"]);
    browser = await launchBrowser();
    await waitFor(server.stdout, "/\n");
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    server?.process.kill("SIGINT");
    await server?.ended;
    home[Symbol.dispose]();
  }, 60_000);

  function writeRun(name: string, log: string): void {
    mkdirSync(join(home.folder, "runs", name), { recursive: true });
    writeFileSync(join(home.folder, "runs", name, "log.jsonl"), log);
  }

  async function open(url: string): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(url);
    await page.locator("#runs tbody tr").first().waitFor();
    return page;
  }

  /** How many curves of validation the plot of the loss has. */
  const curves = (page: Page): Promise<number> => page.locator("#loss .validation path").count();

  const checkBox = (page: Page, name: string): Locator => page.getByRole("checkbox", { name });

  it("draws the runs that are chosen, and no more", async () => {
    await using page = await open(server.stdout().trim());
    expect(await curves(page)).toBe(2);
    const label = page.locator("#loss svg[role=img]");
    expect(await label.getAttribute("aria-label")).toMatch(
      /^Loss: large \(train\) ends at 3\.\d+, large \(validation\) ends at 3\.600, small/,
    );
    await checkBox(page, "small").uncheck();
    expect(await curves(page)).toBe(1);
    expect(await label.getAttribute("aria-label")).not.toContain("small");
    expect(await page.locator("#samples article").allTextContents()).toEqual(["largestep 20Once<b>at</b> step 20"]);
    await checkBox(page, "large").uncheck();
    expect(await page.locator("#loss .empty").textContent()).toBe("No run is chosen.");
    await checkBox(page, "small").check();
    expect(await curves(page)).toBe(1);
  });

  it("tells values where the reader points, by mouse and by keyboard", async () => {
    await using page = await open(server.stdout().trim());
    const canvas = page.locator("#loss .canvas");
    const readings = canvas.getByRole("status");
    expect(await readings.isVisible()).toBe(false);
    const box = (await canvas.boundingBox())!;
    await page.mouse.move(box.x + box.width - 20, box.y + 100);
    // Shortly before the end of the longer run, after that of the other and after its last validation but one.
    expect(await readings.textContent()).toMatch(/^40\.\dk tokenstrainvalidationsmall2\.\d{3}3\.400$/);
    expect(await page.locator("#gradientNorm .overlay line").count()).toBe(1);
    await page.mouse.move(5, 5);
    expect(await readings.isVisible()).toBe(false);
    await canvas.focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    expect(await readings.isVisible()).toBe(true);
    expect(await readings.textContent()).toMatch(/tokens/);
  });

  it("compares recipes and configurations, and shows samples by step", async () => {
    await using page = await open(server.stdout().trim());
    const settings = page.locator("#settings tr.differs");
    expect(await settings.allTextContents()).toEqual(["begun\u22602026-01-02 00:002026-01-01 00:00", "dim\u226012864"]);
    await page.getByLabel("only what differs").uncheck();
    expect(await page.locator("#settings tbody").last().textContent()).toContain("norm.kindrmsrms");
    const slider = page.locator("#sampled");
    await slider.focus();
    await page.keyboard.press("Home");
    expect(await page.locator("#samples article p").allTextContents()).toEqual(["Once<b>at</b> step 10", "Once<b>at</b> step 10"]);
    expect(await page.locator("#loss .mark").count()).toBe(1);
  });

  it("stands over steps or time, and on logarithmic scales", async () => {
    await using page = await open(server.stdout().trim());
    const ends = async (): Promise<string | null> => page.locator("#loss .unit").textContent();
    expect(await ends()).toBe("tokens");
    await page.getByText("steps", { exact: true }).click();
    expect(await ends()).toBe("steps");
    await page.getByText("time", { exact: true }).click();
    expect(await ends()).toBe("seconds");
    const before = await page.locator("#loss .train path").first().getAttribute("d");
    await page.getByLabel("log y").check();
    expect(await page.locator("#loss .train path").first().getAttribute("d")).not.toBe(before);
  });

  it("follows a run, and keeps the choice and the focus of its reader", async () => {
    await using page = await open(server.stdout().trim());
    await checkBox(page, "small").uncheck();
    const before = await page.locator("#loss .train path").first().getAttribute("d");
    appendFileSync(join(home.folder, "runs/large/log.jsonl"), stepLines(21, 30));
    await page.getByText("30 of 40").waitFor();
    expect(await page.locator("#loss .train path").first().getAttribute("d")).not.toBe(before);
    expect(await curves(page)).toBe(1);
    expect(await page.evaluate(() => document.activeElement?.closest("tr")?.textContent)).toContain("small");
    expect(await page.locator("#status").textContent()).toBe("live");
  });

  it("written to a file is the same page, without a server", async () => {
    const { code } = await home.cria(["runs", "--html", "page.html"]);
    expect(code).toBe(0);
    await using page = await open(pathToFileURL(join(home.folder, "page.html")).href);
    expect(await curves(page)).toBe(2);
    expect(await page.locator("#status").textContent()).toMatch(/^runs, \d{4}-/);
  });

  it("has a place for everything on a telephone", async () => {
    await using page = await open(server.stdout().trim());
    await page.setViewportSize({ width: 360, height: 740 });
    await expect.poll(() => page.locator("#loss svg[role=img]").getAttribute("width")).toMatch(/^3\d\d$/);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  });

  it("never complained", () => expect(complaints).toEqual([]));
});
