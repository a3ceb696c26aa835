// The arithmetic of a model, from its configuration: multiplications and additions, two a product.
import { elementCount } from "../tensor/shape.ts";
import type { ModelConfig } from "./config.ts";
import { weightShapes } from "./weights.ts";

/** Numbers in the matrices of all layers: each is multiplied once for a token. */
export function layerMatrixCount(config: ModelConfig): number {
  const matrices = [...weightShapes(config)].filter(([path, shape]) => shape.length === 2 && path.startsWith("layers."));
  return matrices.reduce((sum, [, shape]) => sum + elementCount(shape), 0);
}

/**
 * Floating-point operations to train on one token: those of the forward pass and, on the way back, as many for the inputs of each product as for its weights. As in
 * PaLM (Chowdhery 2022, appendix B): 6 for each weight of a matrix, and the scores and sums of attention, here with the keys that a token sees of its row on average.
 *
 * @returns of the tokens that are seen together
 */
export function trainingFlops(config: ModelConfig): (rowLength: number) => number {
  const { nLayers, nHeads, headDim, dim, vocabSize } = config;
  const matrices = layerMatrixCount(config) + vocabSize * dim;
  return (rowLength) => {
    const keys = (rowLength + 1) / 2;
    return 3 * (2 * matrices + 4 * nLayers * nHeads * headDim * keys);
  };
}
