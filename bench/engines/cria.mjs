// cria as a contestant, in Node and in a browser's Worker. Needs a build (dist/).
import { timeAnswers } from "../../dist/cli/bench/time-answers.js";
import { load } from "../../dist/index.js";

/** @param model a path or a Blob @param options of load() */
export async function open({ model, options }) {
  const llama = await load(model, { relaxedSimd: true, ...options });
  return { run: (prompts, decoded) => timeAnswers(llama, prompts, decoded), close: () => llama.dispose() };
}
