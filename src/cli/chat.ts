// cria chat: a conversation in the terminal. When stdin is no terminal, all of it is one message, and the answer is all that is printed.
import * as v from "valibot";
import { leftOutSentence } from "../chat/left-out.ts";
import { UsageError } from "../errors.ts";
import { chatInTerminal } from "./chat/session.ts";
import { defineCommand } from "./command.ts";
import { whole } from "./flags.ts";
import { formatFlags, outputFormat } from "./format-flags.ts";
import { interruption } from "./interrupt.ts";
import { contextFlag, engineFlags, modelFlag, quietFlag, samplingFlags, samplingOptions } from "./model-flags.ts";
import { openModel } from "./open-model.ts";
import { showAnswer } from "./show-answer.ts";
import { note } from "./terminal/output.ts";
import { readText } from "./text-input.ts";

export const command = defineCommand({
  about: `Type a message and Enter. Ctrl-C stops an answer; twice at an empty prompt, or Ctrl-D, leaves. /help shows what else there is.
Through a pipe, the whole input is one message, and only the answer is printed.`,
  flags: {
    ...modelFlag,
    system: { schema: v.optional(v.string()), value: "TEXT", short: "s", help: "What the model is told before the conversation" },
    maxTokens: {
      schema: v.optional(whole(1)),
      value: "N",
      short: "n",
      help: "Most tokens of an answer; without it, until the context is full",
    },
    ...formatFlags,
    ...samplingFlags,
    ...engineFlags,
    ...contextFlag,
    ...quietFlag,
  },
  examples: [
    ["", "talk with the small model that comes with cria"],
    ["chat --model model.gguf --system 'Answer in one sentence.'", "with a model of your own"],
    ["chat --model model.gguf < question.txt > answer.txt", "in a pipe"],
    ["chat --model model.gguf --schema person.json < letter.txt", "an answer that is JSON of a schema"],
  ],
  async run(values) {
    const question = process.stdin.isTTY ? undefined : await readText({ text: undefined, file: undefined });
    if (question === "") throw new UsageError("stdin is empty: a message is expected");
    const format = await outputFormat(values);
    const { name, llama } = await openModel(values);
    const options = { ...samplingOptions(values), maxTokens: values.maxTokens, format };
    const { system, quiet } = values;
    try {
      if (question === undefined) {
        await chatInTerminal(llama, { model: name, system, quiet, options });
      } else {
        const messages = [...(system === undefined ? [] : [{ role: "system", content: system }]), { role: "user", content: question }];
        const { leftOut } = await showAnswer(llama.chat(messages, { ...options, signal: interruption() }), quiet);
        if (leftOut.length > 0 && !quiet) note(leftOutSentence(leftOut));
      }
    } finally {
      await llama.dispose();
    }
  },
});
