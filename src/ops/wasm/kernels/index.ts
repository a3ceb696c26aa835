// What the wasm module exports. AssemblyScript: compiled by scripts/build-kernels.mjs, not by tsc.
export { attend } from "./attention";
export { linear } from "./linear";
export { activation, add, layerNorm, multiply, rmsNorm, rope, scale, softcap } from "./rows";
export { widenRow } from "./widen";
