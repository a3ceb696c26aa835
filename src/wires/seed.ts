// The seed of a request: 64 bits in OpenAI's interface. JSON's readers round what is beyond 2^53 to the nearest number that they have.
import * as v from "valibot";

const range = "expected a whole number of 64 bits";

export const seedSchema = v.pipe(v.number(), v.integer(), v.minValue(-(2 ** 63), range), v.maxValue(2 ** 63, range));

/** -1 stands for another seed each time: in llama.cpp, in vLLM, and in Ollama. */
export function seedOf(given: number | null | undefined): number | undefined {
  return given === -1 ? undefined : (given ?? undefined);
}
