// cria/model: the decoder itself. Open a checkpoint, put its weights into a backend of cria/ops, run it, look at every layer.
export { type Batch, buildBatch, type LayerInputs, type SequenceChunk } from "./batch.ts";
export { checkConfig, type Family, type ModelConfig } from "./config.ts";
export { exportGguf, type GgufExportOptions } from "./gguf-export.ts";
export { exportHf, type HfContent, type HfExportOptions, type HfType } from "./hf-export.ts";
export { type Checkpoint, checkpointValues, type LoadOptions, type LoadProgress, loadWeights } from "./load.ts";
export { openCheckpoint } from "./open-checkpoint.ts";
export { presets } from "./presets/index.ts";
export type { WeightValues } from "./stored-values.ts";
export { logits, type Probe, transformer } from "./transformer.ts";
export { buildWeights, type ModelWeights, parameterCount, weightShapes } from "./weights.ts";
