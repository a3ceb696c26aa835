// cria/train: what recipes are made of, and training as functions.

export type { ChatMessage } from "../chat/index.ts";
export { families } from "../model/families.ts";
export { type AdamWOptions, type AdamWState, beginAdamW, restoreAdamW, saveAdamW } from "./adam-w.ts";
export { sideOf, type TextDocumentsOptions, type TrainingDocument, textDocuments, textFiles } from "./corpus/document.ts";
export { type PretrainOptions, pretrain, type RunEnd } from "./pretrain.ts";
export type { BatchRecipe, Recipe, RecipeArguments, RecipeFunction, ScheduleRecipe, TokenizerRecipe, ValidationRecipe } from "./recipe.ts";
export { packRows, type Rows, type Stretch } from "./rows.ts";
export type { RunEvent } from "./run-log.ts";
export { constant, cosine, type Schedule, warmupStableDecay } from "./schedule.ts";
export { evaluate, type StepOptions, type StepResult, trainStep } from "./step.ts";
export { newModel, type TrainedModel } from "./trained-model.ts";
