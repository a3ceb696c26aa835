// What a reader can do, over a server that says what it is told to say.
import { beforeEach, describe, expect, it } from "vitest";
import { type Chat, createChat } from "./chat.ts";
import { type Answer, branchTo, leftOutNews, type Message, siblings } from "./conversation.ts";
import { notShown } from "./sentences.ts";
import { type AnswerRequest, type Piece, RefusedError, type Server, UnreachableError } from "./server.ts";
import { readSettings } from "./settings.ts";
import { memoryStore, type Store } from "./store.ts";

let store: Store;
let asked: AnswerRequest[];
/** What the next answers say: pieces, errors that are thrown, "wait" for the reader to stop it. */
let script: (Piece | Error | "wait")[][];
let chat: Chat;
let clock: number;
let ids: number;

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

function open(with_: { server?: Partial<Server>; kept?: (id: string) => void } = {}): Chat {
  return createChat({
    store,
    server: { ...server, ...with_.server },
    kept: with_.kept,
    settings: readSettings(""),
    nextFrame: (draw) => draw(),
    newId: () => `id${++ids}`,
    now: () => clock++,
  });
}

const text = (words: string): Piece => ({ text: words });
const branch = (of = chat): Message[] => branchTo(of.open.value!);
const shown = (of = chat): string[] => branch(of).map((message) => message.text);
const last = (): Answer => branch().at(-1) as Answer;
const ended = (of = chat): Promise<void> => expect.poll(() => of.writing.value, { interval: 5 }).toBeUndefined();
/** The id of the conversation that has a title. */
const idOf = (title: string): string => chat.heads.value.find((head) => head.title === title)!.id;

beforeEach(async () => {
  [store, asked, script, clock, ids] = [memoryStore(), [], [], 1000, 0];
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
    expect((await store.conversation(idOf("Hi there")))?.messages).toEqual(chat.open.value!.messages);
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

  it("tells what its model was not shown, once in a branch", async () => {
    script = [
      [{ leftOut: ["system"] }, text("a")],
      [{ leftOut: ["system", "history"] }, text("b")],
      [{ leftOut: ["system", "history"] }, new UnreachableError()],
      [{ leftOut: ["system"] }, text("d")],
    ];
    for (const question of ["1", "2", "3"]) {
      chat.send(question);
      await ended();
    }
    const told = (): unknown[] => branch().map(({ id }) => notShown(leftOutNews(branch()).get(id)));
    const [system, history] = ["the system message", "earlier messages"].map(
      (what) => `The model's chat template does not show it ${what}.`,
    );
    expect(told()).toEqual([undefined, system, undefined, history, undefined, undefined]);
    const { id } = chat.open.value!.head;
    await chat.importText(await chat.exportText(id));
    const copies = await Promise.all((await store.heads()).map((head) => store.conversation(head.id)));
    expect(copies.map((copy) => copy!.messages.map((message) => (message as Answer).leftOut?.length))).toEqual(
      Array(2).fill([undefined, 1, undefined, 2, undefined, 2]),
    );
    chat.edit(branch()[0].id, "4");
    await ended();
    expect(told()).toEqual([undefined, system]);
  });

  it("can be given again, as a branch, from what was said before it", async () => {
    script = [[text("first")], [text("second")], [text("third")]];
    chat.send("q");
    await ended();
    const first = last();
    chat.regenerate(first.id);
    await ended();
    expect(shown()).toEqual(["q", "second"]);
    expect(asked[1].messages).toEqual([{ role: "user", content: "q" }]);
    chat.turnTo(first.id);
    expect(shown()).toEqual(["q", "first"]);
    chat.send("and then");
    await ended();
    expect(asked[2].messages.map(({ content }) => content)).toEqual(["q", "first", "and then"]);
  });

  it("that failed says why, and makes room for the one that is tried again", async () => {
    script = [[new UnreachableError()], [text("now")]];
    chat.send("q");
    await ended();
    expect(last()).toMatchObject({ state: "failed", problem: { text: expect.stringContaining("cannot be reached") } });
    chat.regenerate(last().id);
    await ended();
    expect(shown()).toEqual(["q", "now"]);
    expect(siblings(chat.open.value!, last().id)).toEqual([last().id]);
    expect(last().problem).toBeUndefined();
  });

  it("that failed in its midst keeps what it said", async () => {
    script = [[text("half"), new UnreachableError()], [text("whole")]];
    chat.send("q");
    await ended();
    chat.regenerate(last().id);
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
    const id = idOf("one");
    await chat.show(id);
    expect(chat.writing.value?.value.text).toBe("a");
    await chat.remove(id);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(chat.heads.value.map(({ title }) => title)).toEqual(["two"]);
    expect(await store.conversation(id)).toBeUndefined();
  });
});

describe("a conversation", () => {
  it("branches where a question is edited, at its beginning too", async () => {
    script = [[text("a")], [text("b")]];
    chat.send("q");
    await ended();
    const [question] = branch();
    chat.edit(question.id, "Q");
    await ended();
    expect(shown()).toEqual(["Q", "b"]);
    expect(asked[1].messages.map(({ content }) => content)).toEqual(["Q"]);
    chat.turnTo(question.id);
    expect(shown()).toEqual(["q", "a"]);
  });

  it("is there again for the next page, with its title and its settings", async () => {
    script = [[text("a")]];
    chat.set({ model: "large", seed: 3 });
    chat.send("q");
    await ended();
    const id = idOf("q");
    await chat.rename(id, "  A better title ");
    chat = open();
    await Promise.all([chat.loadModels(), chat.refresh(""), chat.show(id)]);
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
    const [one, two] = ["one", "two"].map(idOf);
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
    expect(await over(chat.show(one), chat.show(two))).toBe("two");
    chat = open();
    expect(await over(chat.show(one), chat.show(undefined))).toBeUndefined();
    const removed = chat.show(one);
    await chat.remove(one);
    expect(await over(removed)).toBeUndefined();
    const left = chat.show(two);
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

describe("two pages with one conversation", () => {
  let other: Chat;
  let id: string;
  /** Whether each hears at once what the other keeps. */
  let hear: boolean;

  beforeEach(async () => {
    hear = true;
    chat = open({ kept: (changed) => hear && void other.refresh(changed) });
    other = open({ kept: (changed) => hear && void chat.refresh(changed) });
    await Promise.all([chat.loadModels(), other.loadModels()]);
    script = [[text("a")]];
    chat.send("q");
    await ended();
    id = idOf("q");
    await other.show(id);
  });

  it.each([true, false])("keep all that is said in both, whether they hear of each other or not: %s", async (both) => {
    hear = both;
    script = [[text("1"), "wait"], [text("2")], [text("again")]];
    chat.send("here");
    other.send("there");
    await ended(other);
    chat.stop();
    await ended();
    expect(shown()).toEqual(["q", "a", "here", "1"]);
    expect(shown(other)).toEqual(["q", "a", "there", "2"]);
    other.regenerate(branch(other)[1].id);
    await ended(other);
    const kept = (await store.conversation(id))!;
    expect(kept.messages.map((message) => message.text).sort()).toEqual(["1", "2", "a", "again", "here", "q", "there"]);
    chat = open();
    await chat.show(id);
    const versions = (words: string): string[] => {
      const { messages } = chat.open.value!;
      const ids = siblings(chat.open.value!, messages.find((message) => message.text === words)!.id);
      return messages.filter((message) => ids.includes(message.id)).map((message) => message.text);
    };
    expect(versions("here").sort()).toEqual(["here", "there"]);
    expect(versions("a")).toEqual(["a", "again"]);
  });

  it("see what the other says, and that it took the conversation away", async () => {
    script = [[text("b")], [text("c"), "wait"]];
    other.send("more");
    await ended(other);
    await expect.poll(() => shown(), { interval: 5 }).toEqual(["q", "a", "more", "b"]);
    chat.send("and");
    await expect.poll(() => chat.writing.value?.value.text, { interval: 5 }).toBe("c");
    await other.remove(id);
    await expect.poll(() => chat.open.value, { interval: 5 }).toBeUndefined();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(chat.heads.value).toEqual([]);
    expect(await store.conversation(id)).toBeUndefined();
  });

  it("leave nothing of one that the other took away, though they had not heard of it", async () => {
    hear = false;
    script = [[text("b"), "wait"]];
    await other.remove(id);
    chat.send("more");
    await expect.poll(() => chat.open.value, { interval: 5 }).toBeUndefined();
    expect(chat.notice.value).toContain("removed in another tab");
    await ended();
    expect(chat.heads.value).toEqual([]);
    expect([await store.heads(), await store.conversation(id)]).toEqual([[], undefined]);
    await chat.show(undefined);
    script = [[text("c")]];
    chat.send("new");
    await ended();
    expect((await store.heads()).map(({ title }) => title)).toEqual(["new"]);
  });

  it("keep the whole of one that could not be kept before", async () => {
    const { keep } = store;
    store.keep = () => Promise.reject(new Error("the disk is full"));
    script = [[text("b")], [text("c")]];
    await chat.show(undefined);
    chat.send("new");
    await ended();
    store.keep = keep;
    chat.send("more");
    await ended();
    const kept = await store.conversation(idOf("new"));
    expect(kept?.messages.map((message) => message.text)).toEqual(["new", "b", "more", "c"]);
  });
});

it("a server that wants a key is heard, before an answer and at one", async () => {
  const refuse = (): never => {
    throw new RefusedError(401, {});
  };
  chat = open({ server: { models: async () => refuse() } });
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
