// What dispose() promises: the memory of a model goes, though the object stays. (The tokenizer stays too, with the words that it remembers.)
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { goldenPath } from "./goldens.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Run by node itself, on the built package: only there can the collector be called. */
const script = `
  import { load } from "cria";
  const kept = [];
  const models = async (count) => {
    for (let i = 0; i < count; i++) {
      const llama = await load(process.argv[1], { contextLength: 8192 });
      for await (const piece of llama.generate([1], { maxTokens: 2, ignoreEos: true }));
      await llama.dispose();
      kept.push(llama);
    }
  };
  const settled = async () => {
    for (let i = 0; i < 5; i++) { globalThis.gc(); await new Promise((resolve) => setTimeout(resolve, 20)); }
    return process.memoryUsage().external + process.memoryUsage().arrayBuffers;
  };
  await models(2);
  const before = await settled();
  await models(20);
  console.log(((await settled()) - before) / 2 ** 20);
`;

it("gives the memory back", () => {
  const model = goldenPath("quant/models/tiny64-F32.gguf")!;
  const args = ["--expose-gc", "--input-type=module", "-e", script, model];
  const megabytes = Number(execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" }));
  expect(megabytes).toBeLessThan(10); // each of the 20 models took about 4 MB and a cache
});
