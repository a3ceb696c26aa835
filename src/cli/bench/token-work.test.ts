import { describe, expect, it } from "vitest";
import { goldenPath, sharedPath } from "../../../test/goldens.ts";
import { openCheckpoint } from "../../model/open-checkpoint.ts";
import { parameterCount } from "../../model/weights.ts";
import { type TokenWork, tokenWork } from "./token-work.ts";

const smollm2 = sharedPath("models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");

async function workOf(place: string): Promise<TokenWork & { parameters: number; table: number }> {
  const checkpoint = await openCheckpoint(place);
  await checkpoint.file.close();
  const { vocabSize, dim } = checkpoint.config;
  return { ...tokenWork(checkpoint), parameters: parameterCount(checkpoint.config), table: vocabSize * dim };
}

describe("what a token costs", () => {
  it("is every weight but the table of embeddings, of which one row is read", async () => {
    const { weightBytes, bytesRead, parameters, table } = await workOf(goldenPath("models/llama2-gqa")!);
    expect(weightBytes).toBe(4 * parameters); // float32
    expect(bytesRead).toBe(4 * (parameters - table));
  });

  it.skipIf(!smollm2)("is every weight where the table is the output as well", async () => {
    const { weightBytes, bytesRead, operations } = await workOf(smollm2!);
    expect(bytesRead).toBe(weightBytes);
    // 30 layers of wq, wo 576 x 576; wk, wv 192 x 576; w1, w2, w3 1,536 x 576
    expect(operations).toBe(2 * 30 * 576 * (2 * 576 + 2 * 192 + 3 * 1536));
  });
});
