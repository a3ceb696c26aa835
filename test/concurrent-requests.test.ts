// Several requests to one model at once, through the public API: they run side by side, and none of them can tell.
import { expect, it } from "vitest";
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
    expect(together[i]).toEqual(await answer(fresh, prompt, options));
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
