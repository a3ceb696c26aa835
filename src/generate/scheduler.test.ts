// Many texts through one model that is a fake: what it "computes" for a row is the text that it reads through the row's pages. So a page that holds
// another text, was written by two or was not copied in time shows up as a wrong answer.
import { describe, expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { createRng } from "../tensor/rng.ts";
import { createPagePool } from "./page-pool.ts";
import { createScheduler, type Scheduler, type StepChunk, type Text } from "./scheduler.ts";
import { turn } from "./turn.ts";

const PAGE = 4;
const PROMPT_TOKENS = 8;

function fake(pageCount: number): {
  scheduler: Scheduler;
  /** The steps so far. */
  steps: StepChunk[][];
  available(): number;
  /** Makes the next step fail. */
  failure: { next?: Error };
} {
  const pool = createPagePool(pageCount, PAGE);
  const memory: number[][] = Array.from({ length: pageCount }, () => []);
  const steps: StepChunk[][] = [];
  const failure: { next?: Error } = {};
  const scheduler = createScheduler({
    pool,
    promptTokens: PROMPT_TOKENS,
    kindOf: () => 0,
    copy: ({ from, to }) => {
      memory[to] = memory[from].slice();
    },
    async run(chunks) {
      steps.push(chunks.map((chunk) => ({ ...chunk, pages: [...chunk.pages] })));
      for (const { ids, start, pages } of chunks) {
        ids.forEach((id, i) => {
          memory[pages[Math.floor((start + i) / PAGE)]][(start + i) % PAGE] = id;
        });
      }
      const values = chunks.map(({ start, pages, rows, targets }) =>
        rows.map((row, r) => {
          const read = Array.from({ length: start + row + 1 }, (_, i) => memory[pages[Math.floor(i / PAGE)]][i % PAGE]);
          return Float32Array.of(targets ? targets[r] : -1, ...read);
        }),
      );
      await turn();
      const error = failure.next;
      failure.next = undefined;
      if (error) throw error;
      return values;
    },
  });
  return { scheduler, steps, available: pool.available, failure };
}

const letters = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0));
/** What the fake computes after the last of these tokens. */
const answerTo = (ids: readonly number[]): Float32Array => Float32Array.of(-1, ...ids);

/** Asks for the scores after the last token. */
async function last(scheduler: Scheduler, text: Text, signal?: AbortSignal): Promise<Float32Array> {
  let answer: Float32Array = new Float32Array();
  await scheduler.ask(text, { rows: [text.ids.length - 1], read: (row) => (answer = row), signal });
  return answer;
}

async function append(scheduler: Scheduler, text: Text, id: number, signal?: AbortSignal): Promise<Float32Array> {
  let answer: Float32Array = new Float32Array();
  await scheduler.ask(text, {
    append: id,
    rows: [text.ids.length],
    read: (row) => (answer = row),
    signal,
  });
  return answer;
}

/** Runs a prompt and some tokens after it, all of which have to be answered right. */
async function story(scheduler: Scheduler, prompt: readonly number[], more: readonly number[]): Promise<void> {
  const text = scheduler.add(prompt);
  try {
    expect(await last(scheduler, text)).toEqual(answerTo(prompt));
    const ids = [...prompt];
    for (const id of more) {
      ids.push(id);
      expect(await append(scheduler, text, id)).toEqual(answerTo(ids));
    }
  } finally {
    scheduler.release(text);
  }
}

describe("a step", () => {
  it("runs all that is asked in the same turn, and keeps together what goes on", async () => {
    const { scheduler, steps } = fake(20);
    const stories = ["a", "b", "c", "d", "e"].map((prompt) => story(scheduler, letters(prompt), letters("12345")));
    await Promise.all(stories);
    expect(steps.map((chunks) => chunks.length)).toEqual([5, 5, 5, 5, 5, 5]);
  });

  it("goes on with every text while a long prompt is read in pieces", async () => {
    const { scheduler, steps } = fake(20);
    const short = story(scheduler, letters("ab"), letters("0123456789"));
    await turn();
    await Promise.all([short, story(scheduler, letters("a prompt of some forty tokens, in pieces."), [])]);
    const tokens = steps.map((chunks) => chunks.map(({ ids }) => ids.length));
    expect(tokens.slice(1, 6)).toEqual([
      [1, 8],
      [1, 8],
      [1, 8],
      [1, 8],
      [1, 8],
    ]);
    expect(tokens).toHaveLength(11); // one for each token of the short text: none was held up
  });

  it("reads a short prompt beside a long one, and one that is short but for what is known", async () => {
    const { scheduler, steps } = fake(60);
    await story(scheduler, letters("a conversation of many words"), []);
    steps.length = 0;
    const order: string[] = [];
    const run = (name: string, prompt: string): Promise<unknown> => story(scheduler, letters(prompt), []).then(() => order.push(name));
    await Promise.all([run("long", "x".repeat(70)), run("short", "four"), run("known", "a conversation of many words goes on")]);
    expect(order).toEqual(["short", "known", "long"]);
    const tokens = steps.map((chunks) => chunks.map(({ ids }) => ids.length));
    expect(tokens.slice(0, 4)).toEqual([[4, 4], [4, 4], [4, 4], [8]]);
  });

  it("reads what was asked of a text in the middle, and no further than that", async () => {
    const { scheduler, steps } = fake(20);
    const ids = letters("twenty tokens or so.");
    const text = scheduler.add(ids);
    const read: number[][] = [];
    await scheduler.ask(text, { rows: [0, 9, 9, 11], targets: [7, 8, 9, 10], read: (values, at) => read.push([at, ...values]) });
    expect(read).toEqual([
      [0, 7, ...ids.slice(0, 1)],
      [1, 8, ...ids.slice(0, 10)],
      [2, 9, ...ids.slice(0, 10)],
      [3, 10, ...ids.slice(0, 12)],
    ]);
    expect(steps.map(([{ ids }]) => ids.length)).toEqual([8, 4]);
  });
});

describe("what is known already", () => {
  it("is not run again: a beginning, a conversation that goes on, the same text once more", async () => {
    const { scheduler, steps } = fake(20);
    const ran = (): number => steps.splice(0).reduce((sum, [{ ids }]) => sum + ids.length, 0);
    await story(scheduler, letters("once upon a time"), letters(" there"));
    expect(ran()).toBe(22);
    await story(scheduler, letters("once upon a time there was"), []);
    expect(ran()).toBe(4);
    await story(scheduler, letters("once upon a time there was"), []);
    expect(ran()).toBe(1);
    await story(scheduler, letters("once upon the hill"), []);
    expect(ran()).toBe(8);
  });

  it("is run where something is read of it", async () => {
    const { scheduler, steps } = fake(20);
    await story(scheduler, letters("once upon a time"), []);
    steps.length = 0;
    const text = scheduler.add(letters("once upon a time"));
    await scheduler.ask(text, { rows: [5, 15], read: () => {} });
    expect(steps[0][0]).toMatchObject({ start: 5, rows: [0] });
  });

  it("becomes more while a prompt waits for one that begins like it", async () => {
    const { scheduler, steps, available } = fake(20);
    const common = "twenty-four letters here";
    const texts = [`${common} and`, `${common} but`].map((text) => scheduler.add(letters(text)));
    const [first, second] = texts.map((text) => last(scheduler, text));
    while (steps.length < 2) await turn();
    expect(available()).toBe(20 - 4); // it holds nothing meanwhile
    await Promise.all([first, second]);
    expect(texts.map(({ adopted }) => adopted)).toEqual([0, 24]);
    expect(steps.flat().reduce((sum, { ids }) => sum + ids.length, 0)).toBe(28 + 4);
  });

  it("is shared by forks, which then go their own ways", async () => {
    const { scheduler, steps, available } = fake(20);
    const ids = letters("a prompt of 18 ids");
    const text = scheduler.add(ids);
    await last(scheduler, text);
    steps.length = 0;
    const forks = [scheduler.fork(text), scheduler.fork(text), text];
    expect(available()).toBe(20 - 5 - 2); // five pages, of which forks copy the last
    const answers = await Promise.all(forks.map((fork, i) => append(scheduler, fork, i)));
    expect(answers).toEqual(forks.map((_, i) => answerTo([...ids, i])));
    expect(steps.map((chunks) => chunks.map(({ ids }) => ids.length))).toEqual([[1, 1, 1]]);
    scheduler.release(text);
    expect(await append(scheduler, scheduler.fork(forks[0]), 5)).toEqual(answerTo([...ids, 0, 5]));
  });
});

describe("a pool that is too small for all", () => {
  it("serves them all the same", async () => {
    const { scheduler, steps, available } = fake(6);
    const stories = Array.from({ length: 8 }, (_, i) => story(scheduler, letters(`story ${i}`), letters("0123456789")));
    await Promise.all(stories);
    expect(available()).toBe(6);
    const tokens = steps.flat().reduce((sum, { ids }) => sum + ids.length, 0);
    expect(tokens).toBeGreaterThan(8 * 17 - 7 * 6); // more than each token once: some ran again
  });

  it("lets a text run whose elders hold everything and ask for nothing", async () => {
    const { scheduler } = fake(4);
    const elder = scheduler.add(letters("sixteen letters."));
    await last(scheduler, elder);
    await story(scheduler, letters("the younger"), letters("12345"));
    expect(await last(scheduler, elder)).toEqual(answerTo(elder.ids));
  });
});

describe("an abort", () => {
  const stopped = new Error("stopped");

  it.each([
    ["before it is asked", 0, 0],
    ["while it waits for its turn", 1, 24],
    ["while its prompt is read", 2, 0],
    ["while a token of it runs", 5, 0],
    ["between its tokens", 6, 0],
  ])("%s ends one text and no other", async (_when, turns, before) => {
    const { scheduler, available } = fake(30);
    const controller = new AbortController();
    const others = [
      story(scheduler, letters("first"), letters("123456")),
      story(scheduler, letters("x".repeat(before + 1)), letters("12")),
    ];
    const text = scheduler.add(letters("eleven toks"));
    const aborted = (async () => {
      await last(scheduler, text, controller.signal);
      for (let i = 0; i < 1000; i++) await append(scheduler, text, i, controller.signal);
    })();
    const outcome = expect(aborted).rejects.toBe(stopped);
    for (let i = 0; i < turns; i++) await turn();
    controller.abort(stopped);
    await outcome;
    const known = text.ids.length;
    await Promise.all(others);
    // It can be asked again, as if the token had never come.
    expect(await append(scheduler, text, 7)).toEqual(answerTo([...text.ids]));
    expect(text.ids).toHaveLength(known + 1);
    scheduler.release(text);
    expect(available()).toBe(30);
  });
});

describe("an error in a step", () => {
  it("goes to the callers of its texts, and none of them is lost", async () => {
    const { scheduler, failure } = fake(20);
    const [a, b] = [scheduler.add(letters("text a")), scheduler.add(letters("text b is longer"))];
    const answers = [last(scheduler, a), last(scheduler, b)];
    failure.next = new Error("a worker died");
    await expect(answers[0]).rejects.toThrow("a worker died");
    await expect(answers[1]).rejects.toThrow("a worker died");
    expect(await Promise.all([last(scheduler, a), last(scheduler, b)])).toEqual([answerTo(a.ids), answerTo(b.ids)]);
  });

  it("leaves those alone that were not in it", async () => {
    const { scheduler, failure } = fake(20);
    const a = last(scheduler, scheduler.add(letters("eight ids")));
    const b = story(scheduler, letters("waits"), letters("123"));
    failure.next = new Error("a worker died");
    await expect(a).rejects.toThrow("a worker died");
    await b;
  });
});

describe("a text", () => {
  it("is asked one thing at a time, and nothing once it is released", async () => {
    const { scheduler, available } = fake(20);
    const text = scheduler.add(letters("abc"));
    const first = last(scheduler, text);
    await expect(append(scheduler, text, 1)).rejects.toThrow(UsageError);
    expect(() => scheduler.fork(text)).toThrow(UsageError);
    expect(await first).toEqual(answerTo(letters("abc")));
    const [running] = [append(scheduler, text, 2)];
    const outcome = expect(running).rejects.toThrow(/released/);
    await turn(); // its step is under way: its pages are being written
    scheduler.release(text);
    scheduler.release(text);
    await outcome;
    await expect(last(scheduler, text)).rejects.toThrow(/released/);
    await story(scheduler, letters("abcd"), []);
    expect(available()).toBe(20);
  });
});

describe("closing", () => {
  it("rejects what waits and what runs, and what comes later, once the step under way has ended", async () => {
    const { scheduler, steps } = fake(20);
    const closed = new UsageError("closed");
    const texts = ["one that runs", "one that waits"].map((text) => scheduler.add(letters(text)));
    const outcomes = texts.map((text) => expect(last(scheduler, text)).rejects.toBe(closed));
    while (steps.length === 0) await turn();
    await scheduler.close(closed);
    await Promise.all(outcomes);
    await expect(last(scheduler, texts[0])).rejects.toBe(closed);
    expect(steps).toHaveLength(1);
  });
});

it("a thousand short requests leave the pool as it was", async () => {
  const { scheduler, available } = fake(12);
  for (let batch = 0; batch < 100; batch++) {
    await Promise.all(Array.from({ length: 10 }, (_, i) => story(scheduler, letters(`${(batch * i) % 37} hello`), [i, batch])));
  }
  expect(available()).toBe(12);
  await story(scheduler, letters("x".repeat(12 * PAGE)), []); // and all pages can be had
});

it("whatever texts do, in a pool of any size, each is answered as if it were alone", async () => {
  const rng = createRng(3);
  for (let round = 0; round < 25; round++) {
    const pageCount = 6 + rng.integer(10);
    const { scheduler, steps, available, failure } = fake(pageCount);
    const most = 6 * PAGE;
    const someIds = (count: number): number[] => Array.from({ length: count }, () => rng.integer(2));
    const live = async (text: Text): Promise<void> => {
      while (text.ids.length < most && rng.integer(8) > 0) {
        const controller = new AbortController();
        const known = [...text.ids];
        const id = rng.integer(2);
        const answer = append(scheduler, text, id, controller.signal);
        if (rng.integer(6) === 0) controller.abort(new Error("stopped"));
        try {
          expect(await answer).toEqual(answerTo([...known, id]));
        } catch (error) {
          expect(String(error)).toMatch(/stopped|broken/);
          expect(text.ids).toEqual(known);
        }
        for (let i = rng.integer(4); i > 0; i--) await turn(); // a slow reader
        if (rng.integer(8) === 0) forks.push(live(scheduler.fork(text)));
        if (rng.integer(30) === 0) failure.next = new Error("broken");
      }
      scheduler.release(text);
    };
    const forks: Promise<void>[] = [];
    const all = Array.from({ length: 10 }, async () => {
      for (let i = rng.integer(9); i > 0; i--) await turn();
      await live(scheduler.add(someIds(1 + rng.integer(most))));
    });
    await Promise.all(all);
    for (let i = 0; i < forks.length; i++) await forks[i];
    expect(available()).toBe(pageCount);
    expect(steps.length).toBeGreaterThan(0);
  }
});
