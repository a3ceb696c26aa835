// What asks for nothing, in words that wires share.
import type { GenerateOptions } from "../generate/generate.ts";

interface Given {
  readonly mirostat?: number | null;
  readonly seed?: number | null;
  readonly stop?: string | readonly string[] | null;
  /** The answer may have any number of tokens: each of them has numbers of its own for that. */
  readonly noLimit?: boolean;
}

/** Options that are told as undefined, and not left out: they stand before what a model was made with. */
export function turnedOff({ mirostat, seed, stop, noLimit }: Given): Pick<GenerateOptions, "mirostat" | "seed" | "maxTokens" | "stop"> {
  return {
    ...(mirostat === 0 ? { mirostat: undefined } : {}),
    // Another one each time: in llama.cpp, in vLLM, and in Ollama.
    ...(seed === -1 ? { seed: undefined } : {}),
    ...(noLimit ? { maxTokens: undefined } : {}),
    ...(stop?.length === 0 ? { stop: undefined } : {}),
  };
}
