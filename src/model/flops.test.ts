import { expect, it } from "vitest";
import { families } from "./families.ts";
import { layerMatrixCount, trainingFlops } from "./flops.ts";

it("the arithmetic of a small Llama is what it is by hand", () => {
  const config = {
    ...families.llama,
    ...{ dim: 256, nLayers: 6, nHeads: 8, nKvHeads: 4, headDim: 32, hiddenDim: 688, vocabSize: 4096, maxSeqLen: 256 },
    positions: { kind: "rope", theta: 10_000 } as const,
    tiedEmbeddings: true,
  };
  const inLayers = 6 * (2 * 256 * 256 + 2 * 128 * 256 + 3 * 688 * 256); // q and o, k and v, the three of the feed-forward network
  expect(layerMatrixCount(config)).toBe(inLayers);
  const products = 6 * (inLayers + 4096 * 256);
  const attention = 3 * 6 * 4 * 256 * 128.5; // of 6 layers: scores and sums, two operations each, over 128.5 keys on average
  expect(trainingFlops(config)(256)).toBe(products + attention);
});
