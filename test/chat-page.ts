// The chat page in a real browser, as cria serve sends it, over the bundled model: what its tests do with it.
import type { Browser, BrowserContext, Locator, Page } from "playwright";
import { afterAll, beforeAll, expect } from "vitest";
import { launchBrowser } from "./launch-browser.ts";
import { startTestServer, type TestServer } from "./start-server.ts";

export interface Visit extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
}

type VisitOptions = { readonly key?: string; readonly settings?: object } & Parameters<Browser["newContext"]>[0];

export interface ChatPage {
  readonly server: TestServer;
  /** What the browser complains about: errors of scripts, and what the page's policy refused. */
  readonly complaints: string[];
  /** A browser without a past, except for a key and for the settings of new conversations. */
  visit(options?: VisitOptions): Promise<Visit>;
  /** Expects that a browser complained of this, and of nothing else: an answer that is no 200 is one. */
  complained(of: RegExp): void;
}

/** A server that wants the key "secret", and a browser, for the tests that stand beside the call. */
export function useChatPage(): ChatPage {
  let browser: Browser;
  let server: TestServer;
  const complaints: string[] = [];
  beforeAll(async () => {
    [server, browser] = await Promise.all([startTestServer([], { env: { CRIA_API_KEYS: "secret" } }), launchBrowser()]);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  }, 60_000);

  return {
    get server() {
      return server;
    },
    complaints,
    async visit({ key = "secret", settings = {}, ...more } = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...more });
      const kept = { system: "", stop: [], logprobs: false, maxTokens: 16, seed: 1, ...settings };
      await context.addInitScript(
        ([secret, text]) => {
          if (secret !== "") sessionStorage.setItem("cria-key", secret);
          if (!localStorage.getItem("cria-settings")) localStorage.setItem("cria-settings", text);
        },
        [key, JSON.stringify(kept)],
      );
      const page = await context.newPage();
      page.setDefaultTimeout(10_000);
      page.on("console", (message) => complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(error.message));
      await page.goto(server.url);
      if (key !== "") await page.getByText("stories answers").waitFor();
      return { page, context, [Symbol.asyncDispose]: () => context.close() };
    },
    complained(of) {
      expect(complaints.splice(0).filter((text) => !of.test(text))).toEqual([]);
    },
  };
}

export const field = (page: Page): Locator => page.getByLabel("Message", { exact: true });
export const button = (place: Page | Locator, name: string): Locator => place.getByRole("button", { name, exact: true });
export const answers = (page: Page): Locator => page.getByRole("article", { name: /^Answer of/ });
export const questions = (page: Page): Locator => page.getByRole("article", { name: "You" });

/** Waits until the page knows which model answers. */
export const ready = (page: Page): Promise<void> =>
  expect.poll(() => page.getByLabel("Model", { exact: true }).inputValue()).toBe("stories");

/** Sends a message, and waits for the end of its answer. */
export async function say(page: Page, text: string): Promise<string> {
  const before = await answers(page).count();
  await field(page).fill(text);
  await field(page).press("Enter");
  const answer = answers(page).nth(before);
  await answer.locator("footer").waitFor({ state: "attached" });
  return answer.locator(".markdown").innerText();
}
