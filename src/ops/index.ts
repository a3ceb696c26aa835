// cria/ops: the contract, its two backends, differentiation over it, and the suite that judges any other backend.
export { type ConformanceCase, type ConformanceOptions, type ConformanceResult, conformanceCases, runConformance } from "./conformance.ts";
export type { Activation, AdamWStep, AttentionSpec, AttentionView, KvCache, KvLayout, Ops, PagedKeys, Tensor, Weight } from "./ops.ts";
export { createReference } from "./reference/index.ts";
export { type Recorded, type Tape, tape } from "./tape.ts";
export { createWasm, type WasmOps } from "./wasm/index.ts";
