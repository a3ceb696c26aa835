// The arithmetic of a model, from its configuration: multiplications and additions, two a product.
import { elementCount } from "../tensor/shape.ts";
import type { ModelConfig } from "./config.ts";
import { weightShapes } from "./weights.ts";

/**
 * Floating-point operations to train on one token: those of the forward pass and, on the way back, as many for the inputs of each product as for its weights. As in
 * PaLM (Chowdhery 2022, appendix B): 6 for each weight of a matrix, and the scores and sums of attention, here with the keys that a token sees of its row on average.
 *
 * @param rowLength tokens that are seen together
 */
export function trainingFlops(config: ModelConfig, rowLength: number): number {
  const { nLayers, nHeads, headDim, dim, vocabSize } = config;
  const inLayers = [...weightShapes(config)].filter(([path, shape]) => shape.length === 2 && path.startsWith("layers."));
  const matrices = inLayers.reduce((sum, [, shape]) => sum + elementCount(shape), vocabSize * dim);
  const keys = (rowLength + 1) / 2;
  return 3 * (2 * matrices + 4 * nLayers * nHeads * headDim * keys);
}
