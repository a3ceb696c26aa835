// What the wasm module exports. AssemblyScript: compiled by scripts/build-kernels.mjs, not by tsc.
export { attend } from "./attention";
export { linearF32, linearQ4_1, linearQ8_0, widenQ4_1, widenQ8_0 } from "./linear";
export { activation, add, layerNorm, multiply, rmsNorm, rope, scale, softcap } from "./rows";
