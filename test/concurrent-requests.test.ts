// Several requests to one model at once, through the public API: they run side by side, and none of them can tell.
import { describe, expect, it } from "vitest";
import { turn } from "../src/generate/turn.ts";
import { type GenerateOptions, type GenerationEnd, type Llama, load, type Piece } from "../src/index.ts";
import { goldenPath } from "./goldens.ts";

const path = goldenPath("quant/models/tiny64-F32.gguf")!;
const open = (): Promise<Llama> => load(path, { contextLength: 2048 });
const long = "KING RICHARD:\nWhat say you now, my lord?\n".repeat(60);

interface Answer {
  text: string;
  end: GenerationEnd;
}

/** Runs a request; `onPiece` sees its pieces as they come. */
async function answer(llama: Llama, prompt: string, options: GenerateOptions, onPiece: (piece: Piece) => void = () => {}): Promise<Answer> {
  const generator = llama.generate(prompt, { ignoreEos: true, ...options });
  let text = "";
  for (;;) {
    const { done, value } = await generator.next();
    if (done) return { text, end: value };
    text += value.text;
    onPiece(value);
  }
}

const requests: [string, GenerateOptions][] = [
  ["The first", { seed: 1, maxTokens: 30 }],
  ["KING RICHARD:\n", { seed: 2, temperature: 0, maxTokens: 25, repetitionPenalty: 1.2 }],
  ["KING RICHARD:\nWhat", { seed: 3, temperature: 1.5, topK: 50, maxTokens: 40 }],
  [long, { seed: 4, maxTokens: 12 }],
  [`${long}And`, { seed: 5, maxTokens: 12, mirostat: { tau: 5, eta: 0.1 } }],
  ["The first", { seed: 6, maxTokens: 30, logprobs: 2 }],
];

it("each gives the text that it gives alone", async () => {
  await using llama = await open();
  const together = await Promise.all(requests.map(([prompt, options]) => answer(llama, prompt, options)));
  for (const [i, [prompt, options]] of requests.entries()) {
    await using fresh = await open();
    const alone = await answer(fresh, prompt, options);
    const { cachedTokens } = together[i].end; // the two long ones share a beginning, and which of them runs it is no part of an answer
    expect(together[i]).toEqual({ ...alone, end: { ...alone.end, cachedTokens } });
  }
});

it("short ones go on, token by token, while a long prompt is read", async () => {
  await using llama = await open();
  const order: string[] = [];
  const ask = (name: string, prompt: string, maxTokens: number) => answer(llama, prompt, { seed: 1, maxTokens }, () => order.push(name));
  await Promise.all([ask("long", long, 1), ask("a", "A", 6), ask("b", "B", 6)]);
  expect(order.slice(0, 8)).toEqual(["a", "b", "a", "b", "a", "b", "a", "b"]);
  expect(order.indexOf("long")).toBeGreaterThan(7);
});

it("one that is stopped, or left in the middle, leaves the others as they were", async () => {
  await using llama = await open();
  const controller = new AbortController();
  const [prompt, options] = requests[2];
  const others = Promise.all([answer(llama, prompt, options), answer(llama, ...requests[0])]);
  const stopped = answer(llama, long, { seed: 9, signal: controller.signal });
  for await (const piece of llama.generate("The", { seed: 2 })) {
    expect(piece.id).toBeGreaterThanOrEqual(0);
    break;
  }
  controller.abort(new Error("enough"));
  await expect(stopped).rejects.toThrow("enough");
  await using fresh = await open();
  expect(await others).toEqual([await answer(fresh, prompt, options), await answer(fresh, ...requests[0])]);
});

describe("with the model that comes with cria", () => {
  const bundled = "models/llama-cria-stories.gguf";
  const story = "The little brown dog went to the river. It saw a fish and said: come and play with me! ".repeat(45);

  it("a short one that comes while a long prompt is read ends before that has been read", async () => {
    await using llama = await load(bundled, { cacheTokens: 2048 });
    expect(llama.tokenizer!.encode(story).length).toBeGreaterThan(900);
    const order: string[] = [];
    const ask = async (name: string, prompt: string, maxTokens: number): Promise<void> => {
      await answer(llama, prompt, { seed: 1, maxTokens }, () => order.push(name));
    };
    const all = [ask("long", story, 1)];
    while (llama.pages().held < 4) await turn(); // its first step has begun
    all.push(ask("short", "Once upon a time, there was a girl who lived in a small house.", 4), ask("shorter", "One day", 3));
    await Promise.all(all);
    expect(order).toHaveLength(8);
    expect(order.at(-1)).toBe("long");
  });

  it("seventeen, some of which are stopped, have the texts that they have alone, and leave no page behind", {
    timeout: 120_000,
  }, async () => {
    const words = ["Once upon a time", "The dog", "Lily saw a big red ball", "One day, Tim", story.slice(0, 700), story.slice(0, 350)];
    const asked = Array.from({ length: 17 }, (_, i): [string, GenerateOptions] => [
      `${words[i % words.length]}${" and".repeat(i % 4)}`,
      { seed: i, maxTokens: 10 + ((7 * i) % 30), temperature: (i % 5) / 3, topK: i % 3 === 0 ? 20 : 0, minP: i % 4 === 1 ? 0.1 : 0 },
    ]);
    const isStopped = (i: number): boolean => i % 5 === 2;
    // In the second cache there is no room for all of them: texts give their pages to older ones, and run again.
    for (const cacheTokens of [4096, 512]) {
      await using llama = await load(bundled, { contextLength: 512, cacheTokens });
      await using other = await load(bundled, { contextLength: 512 });
      const together = asked.map(async ([prompt, options], i) => {
        const controller = new AbortController();
        let pieces = 0;
        for (let turns = 3 * (i % 6); turns > 0; turns--) await turn(); // one after the other
        return answer(llama, prompt, { ...options, signal: controller.signal }, () => {
          if (isStopped(i) && ++pieces === 4) controller.abort(new Error("enough"));
        });
      });
      const results = await Promise.allSettled(together);
      for (const [i, result] of results.entries()) {
        if (isStopped(i)) expect(result).toMatchObject({ status: "rejected", reason: { message: "enough" } });
        else expect(result).toMatchObject({ status: "fulfilled", value: { text: (await answer(other, ...asked[i])).text } });
      }
      expect(llama.pages().held).toBe(0);
    }
  });
});
