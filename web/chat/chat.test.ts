// What a reader can do, over a server that says what it is told to say.
import { beforeEach, describe, expect, it } from "vitest";
import { type Chat, createChat } from "./chat.ts";
import { type Answer, branchTo } from "./conversation.ts";
import { type AnswerRequest, type Piece, RefusedError, type Server, UnreachableError } from "./server.ts";
import { readSettings } from "./settings.ts";
import { memoryStore, type Store } from "./store.ts";

let store: Store;
let asked: AnswerRequest[];
/** What the next answers say: pieces, errors that are thrown, "wait" for the reader to stop it. */
let script: (Piece | Error | "wait")[][];
let chat: Chat;
let clock: number;

const server: Server = {
  models: async () => ["small", "large"],
  async *answer(request, signal) {
    asked.push(request);
    for (const step of script.shift() ?? []) {
      clock += 10;
      if (step instanceof Error) throw step;
      if (step === "wait") await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      else yield step;
    }
  },
};

function open(with_: Partial<Server> = {}): Chat {
  let ids = 0;
  return createChat({
    store,
    server: { ...server, ...with_ },
    settings: readSettings(""),
    nextFrame: (draw) => draw(),
    newId: () => `c${++ids}`,
    now: () => clock++,
  });
}

const text = (words: string): Piece => ({ text: words });
const shown = (): string[] => branchTo(chat.open.value!).map((message) => message.text);
const last = (): Answer => branchTo(chat.open.value!).at(-1) as Answer;
const ended = (): Promise<void> => expect.poll(() => chat.writing.value, { interval: 5 }).toBeUndefined();

beforeEach(async () => {
  [store, asked, script, clock] = [memoryStore(), [], [], 1000];
  chat = open();
  await chat.loadModels();
});

describe("an answer", () => {
  it("is asked for with what was said, grows, and is kept", async () => {
    script = [[text("Hel"), "wait"]];
    chat.set({ system: "Be kind.", temperature: 0.5 });
    chat.send("Hi there");
    await expect.poll(() => chat.writing.value?.value.text).toBe("Hel");
    expect(asked[0]).toMatchObject({ model: "small", settings: { system: "Be kind.", temperature: 0.5 } });
    expect(asked[0].messages).toEqual([{ role: "user", content: "Hi there" }]);
    chat.send("too early");
    chat.stop();
    await ended();
    expect(shown()).toEqual(["Hi there", "Hel"]);
    expect(last().state).toBe("stopped");
    expect((await store.conversation("c1"))?.messages).toEqual(chat.open.value!.messages);
    expect(chat.heads.value.map(({ title }) => title)).toEqual(["Hi there"]);
  });

  it("ends with its counts and times, and what was said goes into the next request", async () => {
    const counts = { prompt: 4, cached: 0, generated: 2 };
    script = [[{ thoughts: "hm" }, text("one "), text("two"), { finish: "stop" }, { counts }], [text("three")]];
    chat.send("count");
    await ended();
    expect(last()).toMatchObject({ state: "done", text: "one two", thoughts: "hm", finish: "stop", counts });
    expect(last().time!.rest).toBeGreaterThan(19);
    chat.send("more");
    await ended();
    expect(asked[1].messages.map(({ content }) => content)).toEqual(["count", "one two", "more"]);
  });

  it("can be given again, as a branch, from what was said before it", async () => {
    script = [[text("first")], [text("second")], [text("third")]];
    chat.send("q");
    await ended();
    chat.regenerate(1);
    await ended();
    expect(shown()).toEqual(["q", "second"]);
    expect(asked[1].messages).toEqual([{ role: "user", content: "q" }]);
    chat.turnTo(1);
    expect(shown()).toEqual(["q", "first"]);
    chat.send("and then");
    await ended();
    expect(asked[2].messages.map(({ content }) => content)).toEqual(["q", "first", "and then"]);
  });

  it("that failed says why, and takes its own place when it is tried again", async () => {
    script = [[new UnreachableError()], [text("now")]];
    chat.send("q");
    await ended();
    expect(last()).toMatchObject({ state: "failed", problem: { text: expect.stringContaining("cannot be reached") } });
    chat.regenerate(1);
    await ended();
    expect(shown()).toEqual(["q", "now"]);
    expect(chat.open.value!.messages).toHaveLength(2);
    expect(last().problem).toBeUndefined();
  });

  it("that failed in its midst keeps what it said", async () => {
    script = [[text("half"), new UnreachableError()], [text("whole")]];
    chat.send("q");
    await ended();
    chat.regenerate(1);
    await ended();
    expect(chat.open.value!.messages.map((message) => message.text)).toEqual(["q", "half", "whole"]);
  });

  it("goes on while another conversation is looked at, and dies with its own", async () => {
    script = [[text("a"), "wait"], [text("b")]];
    chat.send("one");
    await chat.show(undefined);
    expect(chat.writing.value).toBeUndefined();
    chat.send("two");
    await ended();
    expect(shown()).toEqual(["two", "b"]);
    await chat.show("c1");
    expect(chat.writing.value?.value.text).toBe("a");
    await chat.remove("c1");
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(chat.heads.value.map(({ id }) => id)).toEqual(["c2"]);
    expect(await store.conversation("c1")).toBeUndefined();
  });
});

describe("a conversation", () => {
  it("branches where a question is edited, at its beginning too", async () => {
    script = [[text("a")], [text("b")]];
    chat.send("q");
    await ended();
    chat.edit(0, "Q");
    await ended();
    expect(shown()).toEqual(["Q", "b"]);
    expect(asked[1].messages.map(({ content }) => content)).toEqual(["Q"]);
    chat.turnTo(0);
    expect(shown()).toEqual(["q", "a"]);
  });

  it("is there again for the next page, with its title and its settings", async () => {
    script = [[text("a")]];
    chat.set({ model: "large", seed: 3 });
    chat.send("q");
    await ended();
    await chat.rename("c1", "  A better title ");
    chat = open();
    await Promise.all([chat.loadModels(), chat.refresh(""), chat.show("c1")]);
    expect(chat.heads.value.map(({ title }) => title)).toEqual(["A better title"]);
    expect(shown()).toEqual(["q", "a"]);
    expect(chat.settings.value).toMatchObject({ model: "large", seed: 3 });
    expect(chat.model.value).toBe("large");
    await chat.show("unknown");
    expect(chat.open.value).toBeUndefined();
  });

  it("is shown when it was asked for last, however long others take to load", async () => {
    script = [[text("a")], [text("b")], [text("c")]];
    for (const words of ["one", "two"]) {
      await chat.show(undefined);
      chat.send(words);
      await ended();
    }
    const loads: (() => void)[] = [];
    const { conversation } = store;
    store = {
      ...store,
      conversation: async (id) => {
        const found = await conversation(id);
        await new Promise<void>((resolve) => loads.push(resolve));
        return found;
      },
    };
    const over = async (...shows: Promise<void>[]): Promise<string | undefined> => {
      await expect.poll(() => loads.length, { interval: 1 }).toBeGreaterThan(0);
      for (const load of loads.splice(0).reverse()) load();
      await Promise.all(shows);
      return chat.open.value?.head.title;
    };
    chat = open();
    expect(await over(chat.show("c1"), chat.show("c2"))).toBe("two");
    chat = open();
    expect(await over(chat.show("c1"), chat.show(undefined))).toBeUndefined();
    const removed = chat.show("c1");
    await chat.remove("c1");
    expect(await over(removed)).toBeUndefined();
    const left = chat.show("c2");
    chat.send("new");
    expect(await over(left)).toBe("new");
  });

  it("goes to a file and comes back beside itself", async () => {
    script = [[text("a")]];
    chat.send("q");
    await ended();
    expect(await chat.importText(await chat.exportText())).toBe(1);
    expect(chat.heads.value.map(({ title }) => title)).toEqual(["q", "q"]);
    await expect(chat.importText("{}")).rejects.toThrow("no conversations");
  });

  it("that cannot be kept is told of", async () => {
    store.keep = () => Promise.reject(new Error("the disk is full"));
    script = [[text("a")]];
    chat.send("q");
    await expect.poll(() => chat.notice.value).toContain("the disk is full");
  });
});

it("a server that wants a key is heard, before an answer and at one", async () => {
  const refuse = (): never => {
    throw new RefusedError(401, {});
  };
  chat = open({ models: async () => refuse() });
  await chat.loadModels();
  expect(chat.keyWanted.value).toBe(true);
  expect(chat.modelsProblem.value?.text).toContain("key");
  chat = open();
  await chat.loadModels();
  script = [[new RefusedError(401, {})]];
  chat.send("q");
  await ended();
  expect(chat.keyWanted.value).toBe(true);
});
