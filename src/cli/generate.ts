// cria generate: continues a text, and shows the continuation as it comes.
import * as v from "valibot";
import { UsageError } from "../errors.ts";
import type { GenerationEnd, Piece } from "../generate/generate.ts";
import { defineCommand } from "./command.ts";
import { whole } from "./flags.ts";
import { formatFlags, outputFormat } from "./format-flags.ts";
import { interruption } from "./interrupt.ts";
import { contextFlag, engineFlags, jsonFlag, modelFlag, quietFlag, samplingFlags, samplingOptions } from "./model-flags.ts";
import { openModel } from "./open-model.ts";
import { showAnswer } from "./show-answer.ts";
import { printJson } from "./terminal/output.ts";
import { readText } from "./text-input.ts";

export const command = defineCommand({
  argument: { name: "TEXT or -", optional: true },
  about: `The text comes from the argument, from --prompt, from --file, or through a pipe; a line break at the end of a file or a pipe is taken off.
It is continued as it stands, without the model's chat template: \`cria chat\` answers questions.`,
  flags: {
    prompt: { schema: v.optional(v.string()), value: "TEXT", short: "p", help: "The text to continue" },
    file: { schema: v.optional(v.string()), value: "FILE", short: "f", help: "A file with the text; - is stdin" },
    ...modelFlag,
    maxTokens: { schema: v.optional(whole(1), 512), value: "N", short: "n", help: "Most tokens to generate" },
    stop: {
      schema: v.optional(v.array(v.string()), []),
      value: "TEXT",
      help: "End before this text, \\n for a line break; may be given several times",
    },
    ...formatFlags,
    ...samplingFlags,
    ...engineFlags,
    ...contextFlag,
    ...jsonFlag,
    ...quietFlag,
  },
  examples: [
    ['generate --model model.gguf "Once upon a time"', "tell a story"],
    ["generate --prompt 'def fib(n):' --temperature 0 --stop '\\n\\n'", "the likeliest continuation, up to an empty line"],
    ["generate --file letter.txt --max-tokens 100 --seed 7 --json", "ids, counts and the reason why it ended, as JSON"],
    [`generate "The sky is" --regex ' (blue|grey)\\.'`, "one of two answers"],
    ["generate - < prompt.txt | tee answer.txt", "in a pipe"],
  ],
  async run(values, argument) {
    if (argument !== undefined && values.prompt !== undefined)
      throw new UsageError("the text was given twice: as an argument and with --prompt");
    const prompt = await readText({ text: values.prompt ?? argument, file: values.file });
    const format = await outputFormat(values);
    const { name, llama } = await openModel(values);
    try {
      const signal = interruption();
      const stop = values.stop.map((text) => text.replaceAll("\\n", "\n"));
      const pieces = llama.generate(prompt, { ...samplingOptions(values), maxTokens: values.maxTokens, stop, format, signal });
      if (values.json) printJson({ model: name, ...(await collect(pieces)) });
      else await showAnswer(pieces, values.quiet);
    } finally {
      await llama.dispose();
    }
  },
});

async function collect(pieces: AsyncGenerator<Piece, GenerationEnd>): Promise<object> {
  const ids: number[] = [];
  let text = "";
  for (;;) {
    const { done, value } = await pieces.next();
    if (done) {
      const { reason, stop, promptTokens, generatedTokens, seed } = value;
      return { text, ids, prompt_tokens: promptTokens, generated_tokens: generatedTokens, reason, stop, seed };
    }
    ids.push(value.id);
    text += value.text;
  }
}
