// cria/ai-sdk: a loaded model as a provider of the AI SDK (the package `ai`), of its specification "v4".
import type { Answering, Embedding } from "../chat/answer.ts";
import { UnsupportedError } from "../errors.ts";
import { languageModel } from "./language-model.ts";
import type { EmbeddingModel, Provider } from "./specification.ts";

export type { EmbeddingModel, LanguageModel, Provider } from "./specification.ts";

/**
 * `generateText({ model: cria(llama).languageModel(), prompt })`
 *
 * @param model a Llama
 */
export function cria(model: Answering & Embedding): Provider {
  const embeddingModel = (modelId = "cria"): EmbeddingModel => ({
    specificationVersion: "v4",
    provider: "cria",
    modelId,
    maxEmbeddingsPerCall: undefined,
    supportsParallelCalls: true,
    async doEmbed({ values, dimensions, abortSignal }) {
      const { embeddings, promptTokens } = await model.embed(values, {
        ...(dimensions === undefined ? {} : { dimensions }),
        signal: abortSignal,
      });
      return { embeddings: embeddings.map((vector) => [...vector]), usage: { tokens: promptTokens }, warnings: [] };
    },
  });
  return {
    specificationVersion: "v4",
    languageModel: (modelId = "cria") => languageModel(model, modelId),
    embeddingModel,
    textEmbeddingModel: embeddingModel,
    imageModel(modelId) {
      throw new UnsupportedError(`${modelId}: this provider has a language model and an embedding model, and none of images`);
    },
  };
}
