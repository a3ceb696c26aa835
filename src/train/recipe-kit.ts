// cria/recipe: what recipes are made of, and pretraining by one. Node only.

export type { ChatMessage } from "../chat/index.ts";
export type { ModelConfig } from "../model/config.ts";
export { families } from "../model/families.ts";
export { sideOf, type TextDocumentsOptions, type TrainingDocument, textDocuments, textFiles } from "./corpus/document.ts";
export { type PretrainOptions, pretrain, type RunEnd } from "./pretrain.ts";
export {
  type BatchRecipe,
  checkRecipe,
  type Recipe,
  type RecipeArguments,
  type RecipeFunction,
  type ScheduleRecipe,
  type TokenizerRecipe,
  type ValidationRecipe,
} from "./recipe.ts";
export type { RunEvent } from "./run-log.ts";
