// What the wasm module exports. AssemblyScript: compiled by scripts/build-kernels.mjs, not by tsc.
export { useQuads } from "./linear";
export { useJoinedVectors } from "./multiply";
export { pack } from "./pack";
export { probeQuads } from "./probe";
export { awaitJob, begin, giveJob, rewind, run } from "./run";
export { join } from "./team";
