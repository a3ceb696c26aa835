// What a token costs, from shapes: the bytes of weights that decoding one reads, and the arithmetic that a prompt's takes.
import { layerMatrixCount } from "../../model/flops.ts";
import type { Checkpoint } from "../../model/load.ts";
import { packedWeights } from "../../model/packed-weights.ts";

export interface TokenWork {
  /** Of all weights, as the engine holds them. */
  readonly weightBytes: number;
  /** Weights that one token needs: all but tables of which it takes one row. */
  readonly bytesRead: number;
  /** Multiplications and additions with the layers' matrices. Attention, and the output that only a prompt's last token needs, are left out. */
  readonly operations: number;
}

const tables = ["tokEmbeddings", "posEmbeddings"];

export function tokenWork(checkpoint: Checkpoint): TokenWork {
  const { config } = checkpoint;
  const bytes = new Map(packedWeights(checkpoint).map(({ path, packedBytes }) => [path, packedBytes]));
  const weightBytes = sum(bytes.values());
  const rowsOnly = tables.filter((path) => bytes.has(path) && !(path === "tokEmbeddings" && config.tiedEmbeddings));
  return {
    weightBytes,
    bytesRead: weightBytes - sum(rowsOnly.map((path) => bytes.get(path)!)),
    operations: 2 * layerMatrixCount(config),
  };
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, n) => total + n, 0);
}
