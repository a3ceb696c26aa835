// The conversation at a terminal, through a pseudo-terminal that util-linux's `script` makes.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sharedPath } from "./goldens.ts";
import { bin, type Home, makeHome, type Outcome, type Running, waitFor } from "./run-cli.ts";

const smollm2 = sharedPath("models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
const hasScript = spawnSync("script", ["-qfec", "true", "/dev/null"]).status === 0;

const ctrlC = "\x03";
const ctrlD = "\x04";

/** Somebody at a keyboard. */
interface Person {
  type(keys: string): void;
  /** Waits for what comes after all that was waited for before. */
  see(what: string | RegExp): Promise<void>;
  /** All that has been on the screen. */
  screen(): string;
  leave(): Promise<Outcome>;
}

/** @param model undefined: the one that comes with cria */
function sitDown(home: Home, model: string | undefined, ...flags: string[]): Person {
  const named = model === undefined ? [] : ["--model", model];
  const words = [process.execPath, bin, ...named, "--exact", "--temperature", "0", ...flags];
  // exec: a shell in between would end by the Ctrl-C that it sees too.
  const line = `exec ${words.map((word) => `'${word}'`).join(" ")}`;
  const running: Running = home.start(["-qfec", line, "/dev/null"], { command: "script", input: "open" });
  let seen = 0;
  return {
    type: (keys) => running.process.stdin!.write(keys),
    async see(what) {
      await waitFor(() => running.stdout().slice(seen), what);
      const rest = running.stdout().slice(seen);
      seen += typeof what === "string" ? rest.indexOf(what) + what.length : rest.search(what) + what.exec(rest)![0].length;
    },
    screen: running.stdout,
    leave: () => running.ended,
  };
}

describe.skipIf(!smollm2 || !hasScript)("chat at a terminal", () => {
  let home: Home;
  beforeAll(() => {
    home = makeHome();
  });
  afterAll(() => home[Symbol.dispose]());

  it("answers, remembers, and saves the conversation", async () => {
    const person = sitDown(home, smollm2);
    await person.see("> ");
    person.type("What is the capital of France?\r");
    await person.see("The capital of France is Paris.");
    await person.see(/\[\d+ \+ \d+ tokens, first after [\d.]+ s, [\d.]+ tokens\/s\]/);
    await person.see("> ");
    person.type("/save talk.json\r");
    await person.see("saved in talk.json");
    await person.see("> ");
    person.type("/save talk.json\r");
    await person.see("talk.json is there already");
    await person.see("> ");
    person.type("/hepl\r");
    await person.see("did you mean /help?");
    await person.see("> ");
    person.type("\x1b[A\x1b[A\x1b[A"); // up: the message before the two /save
    await person.see("What is the capital of France?");
    person.type(ctrlC);
    await person.see("> ");
    person.type("/exit\r");
    expect((await person.leave()).code, person.screen()).toBe(0);
    expect(JSON.parse(readFileSync(join(home.folder, "talk.json"), "utf8"))).toEqual({
      model: smollm2,
      messages: [
        { role: "user", content: "What is the capital of France?" },
        { role: "assistant", content: "The capital of France is Paris." },
      ],
    });
  });

  it("stops an answer at Ctrl-C, keeps what was said, and leaves after two at an empty prompt", async () => {
    const person = sitDown(home, smollm2);
    await person.see("> ");
    person.type("Write a long story about a dog and a cat.\r");
    await person.see("a dog and a cat."); // the echo
    await person.see(/\w+ \w+ \w+ \w+ \w+ \w+/);
    person.type(ctrlC);
    await person.see("[stopped]");
    await person.see("> ");
    person.type("/save stopped.json\r");
    await person.see("saved in stopped.json");
    await person.see("> ");
    person.type(`never sent${ctrlC}`);
    await person.see("> ");
    person.type(ctrlC);
    await person.see("Ctrl-C again leaves");
    await person.see("> ");
    person.type(ctrlC);
    expect((await person.leave()).code, person.screen()).toBe(0);
    const { messages } = JSON.parse(readFileSync(join(home.folder, "stopped.json"), "utf8"));
    expect(messages).toHaveLength(2);
    expect(messages[1].content.length).toBeGreaterThan(10);
  });

  it("takes pasted lines as one message, and says when the context is full", async () => {
    const person = sitDown(home, smollm2, "--ctx", "64", "--system", "Be brief.");
    await person.see("> ");
    person.type("What is 1 + 1?\rAnd what is 2 + 2?\rAnd what is the capital of France?\r");
    await person.see(/the context is full: \/reset|tokens\/s\]/);
    await person.see("> ");
    person.type("/save pasted.json\r");
    await person.see("saved in pasted.json");
    await person.see("> ");
    person.type(`${"Say that again, please. ".repeat(12)}\r`);
    await person.see("the context holds 64");
    await person.see("/reset forgets the conversation so far");
    await person.see("> ");
    person.type("/system\r");
    await person.see("Be brief.");
    person.type("/reset\r");
    await person.see("forgotten");
    await person.see("> ");
    person.type(ctrlD);
    expect((await person.leave()).code, person.screen()).toBe(0);
    const { messages } = JSON.parse(readFileSync(join(home.folder, "pasted.json"), "utf8"));
    expect(messages.slice(0, 2)).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "What is 1 + 1?\nAnd what is 2 + 2?\nAnd what is the capital of France?" },
    ]);
  });

  it("writes no colours when NO_COLOR is set", async () => {
    home.env.NO_COLOR = "1";
    const person = sitDown(home, smollm2);
    await person.see("> ");
    person.type("/exit\r");
    await person.leave();
    expect(person.screen()).not.toContain("\x1b[1m"); // bold, as the prompt is
    expect(person.screen()).not.toContain("\x1b[90m"); // grey, as remarks are
    delete home.env.NO_COLOR;
  });
});

describe("what the model is not shown", () => {
  let home: Home;
  beforeAll(() => {
    home = makeHome();
  });
  afterAll(() => home[Symbol.dispose]());

  it("is told behind the answer, unless nobody wants remarks", async () => {
    const ask = (...flags: string[]): Promise<Outcome> =>
      home.cria(["chat", "--system", "Rhyme.", "--max-tokens", "3", ...flags], { input: "Tell a story." });
    const [told, quiet] = await Promise.all([ask(), ask("--quiet")]);
    expect(told).toMatchObject({ code: 0, stderr: "the model's chat template does not show it the system message\n" });
    expect(quiet).toMatchObject({ code: 0, stderr: "" });
  });

  it.skipIf(!hasScript)("is told once in a conversation", async () => {
    const person = sitDown(home, undefined, "--system", "Rhyme.", "--max-tokens", "3");
    const say = async (line: string): Promise<string> => {
      await person.see("> ");
      const before = person.screen().length;
      person.type(`${line}\r`);
      await person.see(/tokens, first after|forgotten/);
      // What is told of an answer stands before the next prompt.
      await waitFor(() => person.screen().slice(before + line.length), "> ");
      return person.screen().slice(before);
    };
    expect(await say("Tell a story.")).toContain("does not show it the system message\r\n");
    expect(await say("And then?")).toContain("does not show it earlier messages\r\n");
    expect(await say("And then?")).not.toContain("does not show it");
    await say("/reset");
    expect(await say("Tell a story.")).toContain("does not show it the system message\r\n");
    await person.see("> ");
    person.type(ctrlD);
    expect((await person.leave()).code, person.screen()).toBe(0);
  });
});
