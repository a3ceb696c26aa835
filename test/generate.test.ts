// Generation through the public API on a tiny random Llama with a real tokenizer: it babbles, which is what stop strings and limits need.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BackendName, type GenerateOptions, type GenerationEnd, type Llama, load, type Piece, UsageError } from "../src/index.ts";
import { goldenPath } from "./goldens.ts";

const path = goldenPath("quant/models/tiny64-F32.gguf")!;
const prompt = "KING RICHARD:\nWhat say you now, my lord?\n";

/** Runs a generator to its end. */
async function run(
  generator: AsyncGenerator<Piece, GenerationEnd>,
): Promise<{ pieces: Piece[]; text: string; ids: number[]; end: GenerationEnd }> {
  const pieces: Piece[] = [];
  for (;;) {
    const { done, value } = await generator.next();
    if (done) return { pieces, text: pieces.map((piece) => piece.text).join(""), ids: pieces.map((piece) => piece.id), end: value };
    pieces.push(value);
  }
}

describe.each<BackendName>(["wasm", "reference"])("generation on %s", (backend) => {
  let llama: Llama;
  beforeAll(async () => {
    llama = await load(path, { backend });
  });
  afterAll(() => llama.dispose());
  const generate = (options: GenerateOptions, from: string | number[] = prompt) =>
    run(llama.generate(from, { ignoreEos: true, ...options }));

  it("decodes to the same text as all ids at once", async () => {
    const { text, ids } = await generate({ temperature: 0, maxTokens: 40 });
    expect(text).toBe(llama.tokenizer!.decode(ids, { skipSpecial: true, continues: true }));
    expect(ids).toHaveLength(40);
  });

  it("gives the same ids for the same seed, and others for another", async () => {
    const first = await generate({ seed: 7, temperature: 1.5, maxTokens: 20 });
    expect((await generate({ seed: 7, temperature: 1.5, maxTokens: 20 })).ids).toEqual(first.ids);
    expect((await generate({ seed: 8, temperature: 1.5, maxTokens: 20 })).ids).not.toEqual(first.ids);
    expect(first.end).toMatchObject({
      reason: "length",
      generatedTokens: 20,
      seed: 7,
      promptTokens: llama.tokenizer!.encode(prompt, { addSpecial: true }).length,
    });
  });

  it("ends before a stop string, wherever token borders are", async () => {
    const { text, ids } = await generate({ temperature: 0, maxTokens: 40 });
    const middle = llama.tokenizer!.decode(ids.slice(0, 10), { continues: true }).length;
    const stop = text.slice(middle - 2, middle + 3); // across a border
    const stopped = await generate({ temperature: 0, maxTokens: 40, stop: ["never there", stop] });
    expect(stopped.text).toBe(text.slice(0, text.indexOf(stop)));
    expect(stopped.end).toMatchObject({ reason: "stop", stop });
  });

  it("loses nothing to a stop string that never completes", async () => {
    const { text } = await generate({ temperature: 0, maxTokens: 12 });
    const almost = await generate({ temperature: 0, maxTokens: 12, stop: `${text.slice(-3)} and then something else` });
    expect(almost.text).toBe(text);
    expect(almost.end.reason).toBe("length");
  });

  it("reports log-probabilities of the model, before sampling options", async () => {
    const { pieces } = await generate({ seed: 1, temperature: 2, topK: 5, maxTokens: 3, logprobs: 4 });
    const ids = llama.tokenizer!.encode(prompt, { addSpecial: true });
    for (const piece of pieces) {
      ids.push(piece.id);
      const scored = await llama.logProbs(ids);
      expect(piece.logprob).toBeCloseTo(scored[scored.length - 1], 4);
      expect(piece.top).toHaveLength(4);
      expect(piece.top![0].logprob).toBeGreaterThanOrEqual(piece.logprob!);
    }
  });

  it("stops at maxTokens 1, and at the end of the context with that reason", async () => {
    expect((await generate({ maxTokens: 1 })).ids).toHaveLength(1);
    await using small = await load(path, { backend, contextLength: 24 });
    const { ids, end } = await run(small.generate(prompt, { ignoreEos: true }));
    expect(end.reason).toBe("context");
    expect(end.promptTokens + ids.length).toBe(25); // the last token is given, though nothing could follow it
  });

  it("refuses a text that the context does not hold, with both numbers", async () => {
    await using small = await load(path, { backend, contextLength: 8 });
    await expect(small.logits(llama.tokenizer!.encode(prompt))).rejects.toThrow(/the text has \d+ tokens, the context holds 8/);
    await expect(run(small.generate(prompt))).rejects.toThrow(/prompt has \d+ tokens, the context holds 8/);
  });

  it("stops when the signal says so, and can be asked again", async () => {
    const controller = new AbortController();
    const generator = llama.generate(prompt, { signal: controller.signal, ignoreEos: true });
    await generator.next();
    controller.abort();
    await expect(generator.next()).rejects.toThrow("aborted");
    expect((await generate({ maxTokens: 2 })).ids).toHaveLength(2);
  });

  it("answers two requests at once as it answers them apart", async () => {
    const apart = [await generate({ seed: 1, maxTokens: 8 }), await generate({ seed: 2, maxTokens: 8 }, "O ")];
    const together = await Promise.all([generate({ seed: 1, maxTokens: 8 }), generate({ seed: 2, maxTokens: 8 }, "O ")]);
    expect(together.map(({ ids }) => ids)).toEqual(apart.map(({ ids }) => ids));
  });

  it("scores a long text the same in chunks with a cache as at once", async () => {
    const ids = llama.tokenizer!.encode(prompt.repeat(5)); // more than one chunk and one page
    const { pieces } = await generate({ temperature: 0, maxTokens: 1, logprobs: 1 }, ids);
    const whole = await llama.logits(ids, { positions: "last" });
    expect(whole.indexOf(Math.max(...whole))).toBe(pieces[0].id);
    const scored = await llama.logProbs([...ids, pieces[0].id]);
    expect(pieces[0].logprob).toBeCloseTo(scored[scored.length - 1], 6);
  });

  it("ends what is being generated when the model is disposed of, twice over", async () => {
    const other = await load(path, { backend });
    const generator = other.generate(prompt, { ignoreEos: true });
    await generator.next();
    await other.dispose();
    await other.dispose();
    await expect(generator.next()).rejects.toThrow(/disposed/);
    await expect(other.logits([1])).rejects.toThrow(UsageError);
  });

  it("answers a longer conversation with the same bits, though it runs only what is new", async () => {
    const first = await generate({ temperature: 0, maxTokens: 30 });
    const ids = [...llama.tokenizer!.encode(prompt, { addSpecial: true }), ...first.ids, ...llama.tokenizer!.encode("And then?\n")];
    const again = await generate({ temperature: 0, maxTokens: 20, logprobs: 0 }, ids);
    await using fresh = await load(path, { backend });
    const alone = await run(fresh.generate(ids, { ignoreEos: true, temperature: 0, maxTokens: 20, logprobs: 0 }));
    expect(again.pieces).toEqual(alone.pieces);
  });

  it("gives logits of positions in any order", async () => {
    const ids = llama.tokenizer!.encode(prompt.repeat(3));
    const all = await llama.logits(ids);
    const some = await llama.logits(ids, { positions: [40, 3, 40, 0] });
    const row = (i: number): Float32Array => all.subarray(i * 512, (i + 1) * 512);
    expect(some).toEqual(Float32Array.of(...row(40), ...row(3), ...row(40), ...row(0)));
  });

  it("can be stopped while it reads a long text", async () => {
    const controller = new AbortController();
    const scored = llama.logProbs(llama.tokenizer!.encode(prompt.repeat(20)).slice(0, llama.contextLength), { signal: controller.signal });
    controller.abort();
    await expect(scored).rejects.toThrow("aborted");
  });

  it.each<[string, GenerateOptions]>([
    ['no option "max_tokens": did you mean "maxTokens"?', { max_tokens: 1 } as GenerateOptions],
    ['no option "temprature"', { temprature: 0 } as GenerateOptions],
    ["maxTokens is 1.5", { maxTokens: 1.5 }],
    ["maxTokens is 0", { maxTokens: 0 }],
    ["temperature", { temperature: -1 }],
    ["stop has an empty text", { stop: "" }],
  ])("refuses options out of range: %s", async (message, options) => {
    await expect(generate(options)).rejects.toThrow(message);
  });

  it.each([
    [[], undefined, /the text has 0 tokens, expected at least 1/],
    [[1, 2], [2], /position 2 was asked for, expected a whole number from 0 to 1/],
    [[1, 2], [0.5], /position 0.5/],
  ])("refuses logits of %j at %j", async (ids, positions, message) => {
    await expect(llama.logits(ids, { positions })).rejects.toThrow(message);
  });

  it("says what it expected to callers without a type checker", async () => {
    const wrong = (value: unknown): never => value as never;
    await expect(run(llama.generate(wrong(5)))).rejects.toThrow("the prompt: 5 was given, expected a list of whole numbers");
    await expect(llama.logits(wrong(null))).rejects.toThrow("the text: null was given");
    await expect(llama.logits([1, 2], { positions: wrong("first") })).rejects.toThrow('positions: "first" was given');
    await expect(run(llama.chat(wrong("hello")))).rejects.toThrow("messages is a text: expected a list of at least one");
    await expect(run(llama.chat([]))).rejects.toThrow("expected a list of at least one { role, content }");
    await expect(run(llama.chat([wrong(null)]))).rejects.toThrow("messages[0] is null: expected { role, content }");
    const called = { role: "assistant", tool_calls: [{ function: { name: "f", arguments: "{" } }] } as const;
    await expect(run(llama.chat([called]))).rejects.toThrow("messages[0].tool_calls[0].function.arguments is not JSON");
    const tools = [{ type: "function", function: { name: "" } }] as const;
    await expect(run(llama.chat([{ role: "user", content: "Hi" }], { tools }))).rejects.toThrow("tools[0].function.name is empty");
    await expect(load(wrong(new Uint8Array(4)))).rejects.toThrow("load was given a Uint8Array, expected a path");
  });

  it("refuses ids outside the vocabulary", async () => {
    await expect(generate({}, [1, 512])).rejects.toThrow(/token id 512 .* from 0 to 511/);
  });
});
