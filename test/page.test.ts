// What is done on the chat page: what is said, kept, branched, read token by token, and refused. How it looks, and who can use it, is in page-look.test.ts.
import { describe, expect, it } from "vitest";
import { answers, button, field, questions, ready, say, useChatPage } from "./chat-page.ts";
import { executablePath } from "./launch-browser.ts";

describe.skipIf(!executablePath)("the chat page", () => {
  const site = useChatPage();
  const { visit, complaints, complained } = site;

  it("is small, is sent to all, and may run its own script only", async () => {
    const start = await fetch(site.server.url, { headers: { accept: "text/html" } });
    expect(start.headers.get("content-security-policy")).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(start.headers.get("cache-control")).toBe("no-cache");
    const html = await start.text();
    const paths = Array.from(html.matchAll(/(?:src|href)="\.(\/[^"]+)"/g), ([, path]) => path);
    expect(paths.map((path) => path.replace(/-[\w-]+\./, "."))).toEqual(["/assets/icon.svg", "/assets/index.js", "/assets/index.css"]);
    const files = await Promise.all(paths.map((path) => fetch(`${site.server.url}${path}`)));
    for (const { headers } of files) expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    const sizes = await Promise.all(files.map(async (file) => (await file.arrayBuffer()).byteLength));
    const bytes = sizes.reduce((sum, size) => sum + size, html.length);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(200_000);
    // Nothing else of the disk is there, and without a key nothing else of the server.
    expect((await fetch(`${site.server.url}/assets/..%2f..%2fcli%2fmain.js`)).status).toBeGreaterThanOrEqual(400);
    expect((await fetch(`${site.server.url}/v1/models`)).status).toBe(401);
  });

  it("says what it is told, as it comes, and tells how fast", async () => {
    await using visited = await visit();
    const { page } = visited;
    expect(await field(page).evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await button(page, "Send").isDisabled()).toBe(true);
    await page.evaluate(() => {
      const [seen, said] = [new Set<string>(), new Set<string>()];
      Object.assign(window, { seen, said });
      const look = (): void => {
        seen.add(document.querySelector(".answer .markdown")?.textContent ?? "");
        said.add(document.getElementById("announcer")!.textContent);
      };
      new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    const text = await say(page, "Tell a story about a dog.");
    expect(text.split(" ").length).toBeGreaterThan(5);
    const read = (name: string): Promise<string[]> => page.evaluate((which) => [...Reflect.get(window, which)], name);
    const seen = await read("seen");
    expect(seen.length).toBeGreaterThan(3);
    expect(seen.every((part) => text.startsWith(part.trim()))).toBe(true);
    // Nobody hears one token after the other.
    expect(await read("said")).toEqual(["", "The answer is being written.", `Answer: ${text}`]);
    await expect
      .poll(() => answers(page).locator(".figures").innerText())
      .toMatch(/^16 tokens.*\d tokens\/s.*first after [\d.]+ m?s.*\d+ read/s);
    await expect.poll(() => answers(page).locator(".remark").innerText()).toBe("Cut off at 16 tokens, as the settings say.");
    expect(await field(page).inputValue()).toBe("");
    await field(page).press("Shift+Enter");
    expect(await field(page).inputValue()).toBe("\n");
  });

  it("stops at once on Escape, and the server hears of it", async () => {
    await using visited = await visit({ settings: { maxTokens: 1000 } });
    const { page } = visited;
    // As soon as anything is there, sooner than a test could.
    await page.evaluate(() => {
      const observer = new MutationObserver(() => {
        if (!document.querySelector(".answer .markdown p")) return;
        observer.disconnect();
        window.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
      });
      observer.observe(document.body, { subtree: true, childList: true });
    });
    const text = await say(page, "Tell a long story.");
    expect(text.length).toBeGreaterThan(0);
    await expect.poll(() => answers(page).locator(".state").innerText()).toBe("stopped");
    await expect.poll(site.server.log).toContain('"gone":true');
    await expect.poll(() => button(page, "Stop").count()).toBe(0);
  });

  it("keeps branches of answers and of questions, and all of it over a reload", async () => {
    await using visited = await visit({ settings: { seed: undefined } });
    const { page } = visited;
    const first = await say(page, "Tell a story about a cat.");
    await button(answers(page), "Regenerate").click();
    await answers(page).getByText("2 / 2").waitFor();
    await answers(page).locator(".figures").waitFor();
    const second = await answers(page).locator(".markdown").innerText();
    expect(second).not.toBe(first);
    await button(answers(page), "Version before").click();
    await expect.poll(() => answers(page).locator(".markdown").innerText()).toBe(first);

    await field(page).press("ArrowUp");
    const editor = page.getByLabel("Edit your message");
    expect(await editor.inputValue()).toBe("Tell a story about a cat.");
    await editor.fill("Tell a story about a bird.");
    await editor.press("Enter");
    await questions(page).getByText("2 / 2").waitFor();
    await answers(page).locator(".figures").waitFor();
    expect(await field(page).evaluate((element) => element === document.activeElement)).toBe(true);
    const third = await answers(page).locator(".markdown").innerText();
    await say(page, "Then what?");

    await page.reload();
    await answers(page).nth(1).waitFor();
    await expect.poll(() => questions(page).locator(".markdown").allInnerTexts()).toEqual(["Tell a story about a bird.", "Then what?"]);
    const remarks = await answers(page).locator(".remark").allInnerTexts();
    expect(remarks.filter((text) => text.includes("show"))).toEqual(["The model's chat template does not show it earlier messages."]);
    await expect.poll(() => answers(page).first().locator(".markdown").innerText()).toBe(third);
    await button(questions(page).first(), "Version before").click();
    await expect.poll(() => questions(page).locator(".markdown").allInnerTexts()).toEqual(["Tell a story about a cat."]);
    await expect.poll(() => answers(page).getByText("2 / 2").count()).toBe(1);
    await expect.poll(() => answers(page).locator(".markdown").innerText()).toBe(second);
  });

  it("shows what two tabs said to one conversation, though neither heard of the other", async () => {
    await using visited = await visit({ settings: { maxTokens: 2 } });
    const { page, context } = visited;
    await say(page, "Tell a story about a hen.");
    const other = await context.newPage();
    await other.addInitScript(() => {
      window.BroadcastChannel = class extends EventTarget {
        postMessage(): void {}
      } as never;
    });
    await other.goto(page.url());
    await ready(other);
    await Promise.all([say(page, "Did it fly?"), say(other, "Did it sleep?")]);
    await page.reload();
    await questions(page).getByText("/ 2").waitFor();
    const said = (): Promise<string | null> => questions(page).last().locator(".markdown").textContent();
    const seen = [await said()];
    const isFirst = (await questions(page).getByText("1 / 2").count()) === 1;
    await button(questions(page).last(), isFirst ? "Next version" : "Version before").click();
    await questions(page)
      .getByText(isFirst ? "2 / 2" : "1 / 2")
      .waitFor();
    seen.push(await said());
    expect(seen.sort()).toEqual(["Did it fly?", "Did it sleep?"]);
    const list = page.getByRole("navigation");
    await button(list, "More for Tell a story about a hen.").click();
    await button(list, "Delete").click();
    await button(list.getByRole("alertdialog"), "Delete").click();
    await page.getByText("What is on your mind?").waitFor();
    await field(other).fill("Did it sing?");
    await field(other).press("Enter");
    await other.getByText("This conversation was removed in another tab.").waitFor();
    await page.reload();
    await page.getByText("What is on your mind?").waitFor();
    expect(await list.locator(".title").allInnerTexts()).toEqual([]);
  });

  it("takes over what was kept when a message's id was its place, once no tab has it open that knows no other way", async () => {
    await using visited = await visit({ settings: { maxTokens: 2 } });
    const { page, context } = visited;
    const empty = `${site.server.url}/empty`;
    await page.route(empty, (route) => route.fulfill({ contentType: "text/html", body: '<link rel="icon" href="data:,">' }));
    await page.goto(empty);
    await page.evaluate(async () => {
      const settled = (request: IDBRequest): Promise<unknown> =>
        new Promise((resolve, reject) => Object.assign(request, { onsuccess: resolve, onerror: reject }));
      await settled(indexedDB.deleteDatabase("cria-chat"));
      const opening = indexedDB.open("cria-chat", 1);
      opening.onupgradeneeded = () => {
        opening.result.createObjectStore("heads", { keyPath: "id" });
        opening.result.createObjectStore("messages");
      };
      await settled(opening);
      const transaction = opening.result.transaction(["heads", "messages"], "readwrite");
      const [heads, messages] = ["heads", "messages"].map((name) => transaction.objectStore(name));
      const settings = { system: "", stop: [], logprobs: false, maxTokens: 16 };
      heads.put({ id: "c", title: "Old", created: 1, changed: 1, leaf: 11, settings });
      for (let id = 0; id < 12; id += 2) {
        messages.put({ id, text: `q${id}`, role: "user", ...(id > 0 && { parent: id - 1 }) }, ["c", id]);
        messages.put({ id: id + 1, parent: id, text: `a${id + 1}`, role: "assistant", model: "m", state: "done" }, ["c", id + 1]);
      }
      messages.put({ id: 12, text: "other", role: "user" }, ["c", 12]);
      await new Promise((resolve) => {
        transaction.oncomplete = resolve;
      });
    });
    const other = await context.newPage();
    await other.goto(`${site.server.url}/#c`);
    await other.getByText("close or reload them").waitFor();
    await page.close();
    await ready(other);
    expect(await other.locator("article .markdown").allInnerTexts()).toEqual(Array.from({ length: 12 }, (_, i) => `${"qa"[i % 2]}${i}`));
    await expect.poll(() => questions(other).first().getByText("1 / 2").count()).toBe(1);
    await say(other, "And now?");
    await other.reload();
    await expect.poll(() => questions(other).last().innerText()).toContain("And now?");
    expect(await other.getByText("close or reload them").count()).toBe(0);
    await expect.poll(() => questions(other).count()).toBe(7);
  });

  it("names, exports, deletes and imports conversations", async () => {
    await using visited = await visit();
    const { page } = visited;
    const list = page.getByRole("navigation");
    await say(page, "Tell a story about a fish.");
    await page.keyboard.press("Control+k");
    await page.getByText("What is on your mind?").waitFor();
    await say(page, "Tell a story about a tree.");
    expect(await list.locator(".title").allInnerTexts()).toEqual(["Tell a story about a tree.", "Tell a story about a fish."]);
    await button(list, "More for Tell a story about a fish.").click();
    await button(list, "Rename").click();
    await page.getByLabel("Title", { exact: true }).fill("Fish");
    await page.getByLabel("Title", { exact: true }).press("Enter");
    await button(list, "Fish").click();
    await expect.poll(() => page.getByRole("heading", { level: 1 }).innerText()).toBe("Fish");
    const [download] = await Promise.all([page.waitForEvent("download"), button(page, "Export all").click()]);
    expect(download.suggestedFilename()).toBe("conversations.json");
    const file = await download.path();
    await button(list, "More for Fish").click();
    await button(list, "Delete").click();
    await button(list.getByRole("alertdialog"), "Delete").click();
    await page.getByText("What is on your mind?").waitFor();
    await page.reload();
    expect(await list.locator(".title").allInnerTexts()).toEqual(["Tell a story about a tree."]);
    await page.getByLabel("File of conversations").setInputFiles(file);
    await page.getByText("2 conversations imported.").waitFor();
    await page
      .getByLabel("File of conversations")
      .setInputFiles({ name: "x.json", mimeType: "application/json", buffer: Buffer.from("{}") });
    await page.getByText("This file holds no conversations of this page").waitFor();
    await button(list, "Fish").click();
    await expect.poll(() => questions(page).innerText()).toContain("about a fish");
  });

  it("shows each token with its alternatives, by mouse and by keyboard", async () => {
    await using visited = await visit();
    const { page } = visited;
    await page.keyboard.press("Control+,");
    await page.getByLabel("Max tokens").fill("8");
    await page.getByLabel("Temperature").fill("3");
    await expect.poll(() => page.getByText("a number from 0 to 2").count()).toBe(1);
    await page.getByLabel("Temperature").fill("0");
    await page.getByLabel("Tokens with probabilities").check();
    await page.keyboard.press("Escape");
    const text = await say(page, "Tell a story about a frog.");
    await button(answers(page), "Show tokens").click();
    const tokens = page.getByRole("listbox").getByRole("option");
    expect((await tokens.allTextContents()).join("").trim()).toBe(text);
    expect(await tokens.count()).toBe(8);
    await tokens.nth(2).hover();
    const rows = page.locator(".alternatives tr");
    expect(await rows.count()).toBe(5);
    const shares = (await rows.locator("td:nth-child(2)").allInnerTexts()).map(Number.parseFloat);
    expect(shares).toEqual(shares.toSorted((a, b) => b - a));
    // At temperature 0 the likeliest was taken.
    expect(await rows.first().getAttribute("class")).toBe("chosen");
    await page.mouse.move(5, 5);
    expect(await rows.count()).toBe(0);
    await page.getByRole("listbox", { name: "Tokens" }).focus();
    await page.keyboard.press("ArrowRight");
    const active = await page.getByRole("listbox").getAttribute("aria-activedescendant");
    expect(active).toBe(await tokens.nth(1).getAttribute("id"));
    expect(await tokens.nth(1).getAttribute("aria-label")).toMatch(/^\S+, [\d.]+%; instead: (\S+ <?[\d.]+%(, )?){4}$/);
    expect(await rows.count()).toBe(5);
  });

  it("asks for the key that the server wants, and keeps it for the tab", async () => {
    await using visited = await visit({ key: "" });
    const { page } = visited;
    const dialog = page.getByRole("dialog", { name: "This server wants a key" });
    await dialog.getByLabel("Key").fill("wrong");
    await dialog.getByLabel("Key").press("Enter");
    await dialog.getByText("did not accept this key").waitFor();
    await dialog.getByLabel("Key").fill("secret");
    await button(dialog, "Use this key").click();
    await page.getByText("stories answers").waitFor();
    expect(await dialog.count()).toBe(0);
    await page.reload();
    await page.getByText("stories answers").waitFor();
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("secret");
    complained(/401/);
  });

  it("says what went wrong, and tries again", async () => {
    await using visited = await visit();
    const { page, context } = visited;
    await context.setOffline(true);
    await say(page, "Tell a story about a bee.");
    await expect.poll(() => answers(page).getByRole("alert").innerText()).toContain("The server cannot be reached.");
    await context.setOffline(false);
    await button(answers(page), "Try again").click();
    await answers(page).locator(".figures span").first().waitFor();
    await expect.poll(() => answers(page).getByRole("alert").count()).toBe(0);
    await expect.poll(() => answers(page).getByText("/ 2").count()).toBe(0);
    await say(page, "word ".repeat(2000));
    const problem = answers(page).nth(1).getByRole("alert");
    await expect.poll(() => problem.innerText()).toMatch(/The context is full.*\d+ tokens, the context holds 1024/);
    await button(problem, "New conversation").click();
    await page.getByText("What is on your mind?").waitFor();
    complained(/ERR_INTERNET_DISCONNECTED|400/);
  });

  it("reads Markdown, and lets nothing in it run, load or lead astray", async () => {
    await using visited = await visit({ permissions: ["clipboard-read", "clipboard-write"] });
    const { page } = visited;
    const requests: string[] = [];
    page.on("request", (request) => !request.url().endsWith(".svg") && requests.push(request.url()));
    const markdown = [
      '# Head\n\n<img src="/x" onerror="window.hacked = 1"><script>window.hacked = 1</script>',
      "[bad](javascript:window.hacked=1) [good](https://example.org/) ![picture](https://example.org/x.png) &copy; **bold**",
      '<iframe src="https://example.org/"></iframe>\n\n<form action="https://example.org/"><button>send</button></form>',
      "```html\n<b>code</b>\n```\n\n| a |\n|---|\n| 1 |",
    ].join("\n\n");
    const message = { parent: 0, id: 1, role: "assistant", model: "m", state: "done", text: markdown, thoughts: markdown };
    const settings = { system: "", stop: [], logprobs: false };
    const head = { id: "x", title: "<b>title</b>", created: 1, changed: 1, leaf: 1, settings };
    const conversations = [{ head, messages: [{ id: 0, role: "user", text: markdown }, message] }];
    const buffer = Buffer.from(JSON.stringify({ format: "cria-conversations", version: 1, conversations }));
    await page.getByLabel("File of conversations").setInputFiles({ name: "x.json", mimeType: "application/json", buffer });
    await button(page.getByRole("navigation"), "<b>title</b>").click();
    await page.getByText("Thoughts").click();
    for (const place of [questions(page), answers(page)]) {
      const said = place.locator(".markdown").last();
      await expect.poll(() => said.getByRole("heading").innerText()).toBe("Head");
      await expect.poll(() => said.locator("strong").innerText()).toBe("bold");
      await expect.poll(() => said.innerText()).toContain("\u00a9");
      await expect.poll(() => said.innerText()).toContain("<script>window.hacked = 1</script>");
      const links = await said.getByRole("link").evaluateAll((all) => all.map((link) => [link.textContent, link.getAttribute("href")]));
      expect(links).toEqual([
        ["good", "https://example.org/"],
        ["image: picture", "https://example.org/x.png"],
      ]);
      await expect.poll(() => said.locator("img, iframe, script, form, b").count()).toBe(0);
    }
    await page.getByText("bad", { exact: true }).first().click();
    await button(answers(page).locator(".markdown").last(), "Copy code").click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("<b>code</b>");
    expect(await page.evaluate(() => "hacked" in window)).toBe(false);
    expect(requests).toEqual([]);
  });

  it("stays quick in a long conversation: what is read is not drawn again", async () => {
    await using visited = await visit();
    const { page } = visited;
    const messages = Array.from({ length: 100 }, (_, id) => ({
      ...{ id, text: `*${id}*`, ...(id > 0 && { parent: id - 1 }) },
      ...(id % 2 === 0 ? { role: "user" } : { role: "assistant", model: "m", state: "done" }),
    }));
    const settings = { system: "", stop: [], logprobs: false, maxTokens: 16 };
    const conversations = [{ head: { id: "x", title: "Long", created: 1, changed: 1, leaf: 99, settings }, messages }];
    const buffer = Buffer.from(JSON.stringify({ format: "cria-conversations", version: 1, conversations }));
    await page.getByLabel("File of conversations").setInputFiles({ name: "x.json", mimeType: "application/json", buffer });
    await button(page.getByRole("navigation"), "Long").click();
    await page.getByText("99", { exact: true }).waitFor();
    await expect.poll(() => page.locator("article").count()).toBe(40);
    await button(page, "Show earlier messages (60 more)").click();
    await expect.poll(() => page.locator("article").count()).toBe(80);
    await page.evaluate(() => {
      Object.assign(window, { redrawn: 0 });
      const earlier = new MutationObserver((changes) => {
        Reflect.set(window, "redrawn", Reflect.get(window, "redrawn") + changes.length);
      });
      for (const said of document.querySelectorAll("article .markdown"))
        earlier.observe(said, { subtree: true, childList: true, characterData: true });
    });
    await field(page).fill("Tell a story.");
    await field(page).press("Enter");
    await page.getByText(/^16 tokens$/).waitFor();
    expect(await page.evaluate(() => Reflect.get(window, "redrawn"))).toBe(0);
  });

  it("never complained", () => expect(complaints).toEqual([]));
});
