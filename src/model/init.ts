// Weights to begin with: normal numbers of deviation 0.02, those that write into the residual stream smaller by the root of how many do (Radford 2019, section 2.3).
import type { Rng } from "../tensor/rng.ts";
import { elementCount, type Shape } from "../tensor/shape.ts";
import type { ModelConfig } from "./config.ts";

const deviation = 0.02;

/** @returns the values of the weight at `path` of the record, row-major. To be called in the order of the record: each weight takes the next numbers of `rng` */
export function initialValues({ nLayers }: ModelConfig, path: string, shape: Shape, rng: Rng): Float32Array {
  const values = new Float32Array(elementCount(shape));
  if (shape.length === 1) return isGain(path) ? values.fill(1) : values;
  const scale = /\.(wo|w2)$/.test(path) ? deviation / Math.sqrt(2 * nLayers) : deviation;
  for (let i = 0; i < values.length; i++) values[i] = scale * rng.normal();
  return values;
}

function isGain(path: string): boolean {
  return path.endsWith(".gain") || path.endsWith("Norm");
}
