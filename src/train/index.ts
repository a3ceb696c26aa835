// cria/train: training as functions, in Node and in browsers. A model, rows of tokens, and steps on them.

export { type AdamWOptions, type AdamWState, beginAdamW, restoreAdamW, type SavedAdamW, saveAdamW } from "./adam-w.ts";
export { ignored } from "./loss.ts";
export { packRows, type Rows, type Stretch } from "./rows.ts";
export { constant, cosine, type Schedule, warmupStableDecay } from "./schedule.ts";
export { evaluate, type StepOptions, type StepResult, trainStep } from "./step.ts";
export { modelOf, newModel, type TrainedModel } from "./trained-model.ts";
