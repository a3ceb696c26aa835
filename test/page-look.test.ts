// The chat page as it is seen, heard and walked through: colours, screen readers, the keyboard, a telephone.
import { describe, expect, it } from "vitest";
import { complaintsOf } from "./accessible.ts";
import { answers, button, say, useChatPage } from "./chat-page.ts";
import { executablePath } from "./launch-browser.ts";

describe.skipIf(!executablePath)("the chat page", () => {
  const { visit, complaints } = useChatPage();

  it("is light or dark as the system has it, until its reader chooses", async () => {
    await using visited = await visit({ colorScheme: "dark" });
    const { page } = visited;
    const brightness = (): Promise<number> => page.evaluate(() => Number(/\d+/.exec(getComputedStyle(document.body).backgroundColor)![0]));
    expect(await brightness()).toBeLessThan(40);
    await page.emulateMedia({ colorScheme: "light" });
    expect(await brightness()).toBeGreaterThan(240);
    await page.getByLabel("Colours").selectOption("Dark");
    expect(await brightness()).toBeLessThan(40);
    await page.reload();
    expect(await brightness()).toBeLessThan(40);
  });

  it.each(["light", "dark"] as const)("can be used by all: %s", async (colorScheme) => {
    await using visited = await visit({ colorScheme, settings: { logprobs: true } });
    const { page } = visited;
    await say(page, "Tell `a` [story](https://example.org/).\n\n```\ncode\n```\n\n| a |\n|---|\n| 1 |");
    expect(await page.evaluate(complaintsOf)).toEqual([]);
    await button(answers(page), "Show tokens").click();
    await page.locator(".token").first().hover();
    await button(page, "Settings").click();
    await page.getByLabel("Seed").fill("no number");
    await button(page.getByRole("navigation"), "More for Tell `a` [story](https://example.org/). ``` code ``` | a |...").click();
    expect(await page.evaluate(complaintsOf)).toEqual([]);
    await page.keyboard.press("Control+/");
    const help = page.getByRole("dialog", { name: "Keys" });
    await help.waitFor();
    expect(await page.evaluate(complaintsOf)).toEqual([]);
    await page.keyboard.press("Escape");
    await help.waitFor({ state: "hidden" });
  });

  it("is walked through by the keyboard in the order in which it is read", async () => {
    await using visited = await visit();
    const { page } = visited;
    await button(page, "New conversation").focus();
    const walked: (string | null)[] = [];
    for (let step = 0; step < 6; step++) {
      await page.keyboard.press("Tab");
      walked.push(await page.evaluate(() => document.activeElement!.ariaLabel ?? document.activeElement!.textContent));
    }
    expect(walked).toEqual(["Import", "Colours", "Keys and help", "Model", "Settings", "Message"]);
  });

  it("has a place for everything on a telephone", async () => {
    await using visited = await visit({ viewport: { width: 360, height: 740 }, hasTouch: true });
    const { page } = visited;
    const width = (): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth);
    await say(page, `A story about ${"x".repeat(80)}\n\n| ${"wide | ".repeat(12)}\n|${"---|".repeat(12)}`);
    expect(await width()).toBe(360);
    const list = page.getByRole("complementary", { name: "Conversations" });
    expect(await button(list, "New conversation").isVisible()).toBe(false);
    await button(page, "Conversations").click();
    await expect.poll(() => list.evaluate((element) => element.getBoundingClientRect().left)).toBe(0);
    expect(await list.evaluate((element) => element.contains(document.activeElement))).toBe(true);
    // What lies below the drawer is out of reach.
    expect(await page.getByRole("main").evaluate((element) => (element as HTMLElement).inert)).toBe(true);
    expect(await page.evaluate(complaintsOf)).toEqual([]);
    await page.keyboard.press("Escape");
    await expect.poll(() => list.isVisible()).toBe(false);
    expect(await page.evaluate(() => document.activeElement!.id)).toBe("open-list");
    await button(page, "Settings").click();
    await page.getByLabel("System prompt").waitFor();
    expect(await width()).toBe(360);
  });

  it("never complained", () => expect(complaints).toEqual([]));
});
