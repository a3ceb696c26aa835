// The weights of a decoder as plain records, and the one function that says which weights a configuration has and in what shape.
// Counting, loading, initialising, training and exporting all walk this record.
import { elementCount, type Shape } from "../tensor/shape.ts";
import type { ModelConfig } from "./config.ts";

export interface ModelWeights<W> {
  tokEmbeddings: W; // [vocabSize, dim]
  posEmbeddings?: W; // [maxSeqLen, dim]
  embeddingNorm?: NormWeights<W>;
  layers: BlockWeights<W>[];
  /** The final norm; absent where the blocks normalise their sums (post). */
  norm?: NormWeights<W>;
  /** [vocabSize, dim]; absent when tied to tokEmbeddings. */
  output?: W;
}

export interface BlockWeights<W> {
  attentionNorm: NormWeights<W>;
  attention: AttentionWeights<W>;
  attentionPostNorm?: NormWeights<W>;
  ffnNorm?: NormWeights<W>;
  feedForward: FfnWeights<W>;
  ffnPostNorm?: NormWeights<W>;
}

export interface NormWeights<W> {
  gain: W; // [dim]
  bias?: W; // [dim]
}

export interface AttentionWeights<W> {
  wq: W; // [nHeads * headDim, dim]
  wk: W; // [nKvHeads * headDim, dim]
  wv: W; // [nKvHeads * headDim, dim]
  wo: W; // [dim, nHeads * headDim]
  bq?: W;
  bk?: W;
  bv?: W;
  bo?: W;
  qNorm?: W; // [headDim]
  kNorm?: W; // [headDim]
}

export interface FfnWeights<W> {
  w1: W; // gate, or the only way up: [hiddenDim, dim]
  w2: W; // down: [dim, hiddenDim]
  w3?: W; // up, beside a gate: [hiddenDim, dim]
  b1?: W;
  b2?: W;
  b3?: W;
}

/**
 * Builds the record of a configuration.
 *
 * @param make called once for every weight, in a fixed order, with its path in the record ("layers.0.attention.wq") and its shape
 */
export function buildWeights<W>(config: ModelConfig, make: (path: string, shape: Shape) => W): ModelWeights<W> {
  const { dim, nHeads, nKvHeads, headDim, hiddenDim, vocabSize, residual } = config;
  const when = (wanted: boolean | undefined, path: string, shape: Shape): W | undefined => (wanted ? make(path, shape) : undefined);
  const norm = (path: string): NormWeights<W> => ({
    gain: make(`${path}.gain`, [dim]),
    bias: when(config.norm.bias, `${path}.bias`, [dim]),
  });
  const normWhen = (wanted: boolean | undefined, path: string): NormWeights<W> | undefined => (wanted ? norm(path) : undefined);

  const attention = (at: string): AttentionWeights<W> => {
    const { qkvBias, outputBias, qkNorm } = config.attention;
    return {
      wq: make(`${at}.wq`, [nHeads * headDim, dim]),
      wk: make(`${at}.wk`, [nKvHeads * headDim, dim]),
      wv: make(`${at}.wv`, [nKvHeads * headDim, dim]),
      wo: make(`${at}.wo`, [dim, nHeads * headDim]),
      bq: when(qkvBias, `${at}.bq`, [nHeads * headDim]),
      bk: when(qkvBias, `${at}.bk`, [nKvHeads * headDim]),
      bv: when(qkvBias, `${at}.bv`, [nKvHeads * headDim]),
      bo: when(outputBias, `${at}.bo`, [dim]),
      qNorm: when(qkNorm, `${at}.qNorm`, [headDim]),
      kNorm: when(qkNorm, `${at}.kNorm`, [headDim]),
    };
  };
  const feedForward = (at: string): FfnWeights<W> => {
    const { gated, bias } = config.ffn;
    return {
      w1: make(`${at}.w1`, [hiddenDim, dim]),
      w2: make(`${at}.w2`, [dim, hiddenDim]),
      w3: when(gated, `${at}.w3`, [hiddenDim, dim]),
      b1: when(bias, `${at}.b1`, [hiddenDim]),
      b2: when(bias, `${at}.b2`, [dim]),
      b3: when(gated && bias, `${at}.b3`, [hiddenDim]),
    };
  };
  const block = (at: string): BlockWeights<W> => ({
    attentionNorm: norm(`${at}.attentionNorm`),
    attention: attention(`${at}.attention`),
    attentionPostNorm: normWhen(residual === "sandwich", `${at}.attentionPostNorm`),
    ffnNorm: normWhen(residual !== "parallel-shared", `${at}.ffnNorm`),
    feedForward: feedForward(`${at}.feedForward`),
    ffnPostNorm: normWhen(residual === "sandwich", `${at}.ffnPostNorm`),
  });

  return {
    tokEmbeddings: make("tokEmbeddings", [vocabSize, dim]),
    posEmbeddings: when(config.positions.kind === "learned", "posEmbeddings", [config.maxSeqLen, dim]),
    embeddingNorm: normWhen(config.embeddingNorm, "embeddingNorm"),
    layers: Array.from({ length: config.nLayers }, (_, i) => block(`layers.${i}`)),
    norm: normWhen(residual !== "post", "norm"),
    output: when(!config.tiedEmbeddings, "output", [vocabSize, dim]),
  };
}

/** The weights of a record by their paths: "layers.0.attention.wq". */
export function namedWeights<W>(config: ModelConfig, weights: ModelWeights<W>): Record<string, W> {
  const at = (path: string): W => path.split(".").reduce((node: unknown, key) => (node as Record<string, unknown>)[key], weights) as W;
  return Object.fromEntries(Array.from(weightShapes(config).keys(), (path) => [path, at(path)]));
}

/** Path and shape of every weight that a configuration has. */
export function weightShapes(config: ModelConfig): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  buildWeights(config, (path, shape) => shapes.set(path, shape));
  return shapes;
}

/** Trained numbers in the model; a tied output counts once. */
export function parameterCount(config: ModelConfig): number {
  let count = 0;
  for (const shape of weightShapes(config).values()) count += elementCount(shape);
  return count;
}
