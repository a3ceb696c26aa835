// OpenAI's calls in a page, without a server and without a Worker.
import { expect, inject, it } from "vitest";
import { load } from "../../src/index.ts";
import { absolute } from "./engines.ts";

it("completes a text in pieces", async () => {
  const { url, answers } = inject("tiny");
  const [{ prompt, ids }] = answers;
  const llama = await load(absolute(url), { threads: 1 });
  try {
    const { create } = llama.openai.completions;
    const body = { prompt: prompt as string, temperature: 0, max_tokens: ids.length, ignore_eos: true };
    let text = "";
    for await (const { choices } of await create({ ...body, stream: true })) text += choices[0].text;
    expect(text).toBe(llama.tokenizer!.decode(ids, { continues: true }));
    expect((await create(body)).choices[0].text).toBe(text);
  } finally {
    await llama.dispose();
  }
});
