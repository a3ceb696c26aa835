// A model that says what a test wants, for tests of what is made of answers: the tokenizer of the bundled model, any chat template, and an engine whose scores
// prefer the next token of a script. What constrains an answer can make it say something else.
import type { Answerer } from "../src/chat/run-answer.ts";
import { openGguf } from "../src/formats/index.ts";
import type { Engine } from "../src/generate/engine.ts";
import { createGgufTokenizer, type Tokenizer } from "../src/tokenizer/index.ts";

export interface Script {
  readonly template: string;
  /** Special tokens of the model are written as their texts. Without an end token the model goes on with full stops. */
  readonly says: string;
  /** Special tokens that the vocabulary gets. */
  readonly special?: readonly string[];
}

const path = new URL("../models/llama-cria-stories.gguf", import.meta.url).pathname;

/** @param special tokens at the end of the vocabulary */
export async function storyTokenizer(special: readonly string[] = []): Promise<Tokenizer> {
  const { metadata, close } = await openGguf(path);
  await close();
  const tokens = metadata.get("tokenizer.ggml.tokens");
  const types = metadata.get("tokenizer.ggml.token_type");
  if (tokens?.type !== "array" || types?.type !== "array") throw new Error("the bundled model has a vocabulary");
  const value = [...(tokens.value as string[]), ...special];
  const kinds = [...(types.value as number[]), ...special.map(() => 3)]; // control
  return createGgufTokenizer(
    new Map(metadata).set("tokenizer.ggml.tokens", { ...tokens, value }).set("tokenizer.ggml.token_type", { ...types, value: kinds }),
    "stories",
  );
}

export interface ScriptedModel extends Answerer {
  readonly tokenizer: Tokenizer;
  /** The prompts that were asked to be continued, as text. */
  readonly prompts: string[];
  /** Sequences that were given back. */
  readonly released: number;
}

export async function scriptedModel({ template, says, special }: Script): Promise<ScriptedModel> {
  const tokenizer = await storyTokenizer(special);
  const script = tokenizer.encode(says, { parseSpecial: true });
  const [fullStop] = tokenizer.encode(".");
  const prompts: string[] = [];
  let released = 0;
  const engine = {
    contextLength: 8192,
    async begin(promptIds: readonly number[]) {
      prompts.push(tokenizer.decode(promptIds));
      let said = 0;
      const scores = (): Float32Array => {
        const row = new Float32Array(tokenizer.vocabSize);
        row[script[said] ?? fullStop] = 100;
        return row;
      };
      return {
        length: promptIds.length,
        cachedTokens: 0,
        get scores() {
          return scores();
        },
        async append(id: number) {
          if (id === script[said]) said++;
        },
        release() {
          released++;
        },
      };
    },
  };
  return {
    engine: engine as unknown as Engine,
    tokenizer,
    chatTemplate: template,
    encode: async (prompt) => (typeof prompt === "string" ? tokenizer.encode(prompt) : prompt),
    prompts,
    get released() {
      return released;
    },
  };
}
