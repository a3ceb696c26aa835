// Mistakes that only the model finds, in the words of whoever asked.
import { describe, expect, it } from "vitest";
import type { AnswerEvent, Answering } from "../chat/answer.ts";
import { ToolError } from "../chat/tool-error.ts";
import { UsageError } from "../errors.ts";
import { OptionError, wrongOption } from "../generate/option-error.ts";
import { resolveSampling } from "../generate/sampling-options.ts";
import { createStopScanner } from "../generate/stop.ts";
import { message } from "./anthropic/messages.ts";
import { readMessagesRequest } from "./anthropic/messages-request.ts";
import { nativeCompletion } from "./native/completion.ts";
import { readCompletionRequest } from "./native/completion-request.ts";
import { ollamaChat } from "./ollama/chat.ts";
import { readOllamaChat } from "./ollama/chat-request.ts";
import { chatCompletion } from "./openai/chat.ts";
import { readChatRequest } from "./openai/chat-request.ts";
import { createResponseMemories } from "./openai/response-memory.ts";
import { readResponseRequest } from "./openai/response-request.ts";
import { response } from "./openai/responses.ts";

/** @param error undefined: what is wrong with the options */
function refusing(error: unknown): Answering {
  return {
    async *answer({ options = {} }) {
      let thrown = error;
      try {
        createStopScanner([options.stop ?? []].flat());
        resolveSampling(options);
      } catch (own) {
        thrown ??= own;
      }
      yield await Promise.reject<AnswerEvent>(thrown);
    },
  };
}

const messages = [{ role: "user", content: "Hi" }];
const schema = { type: "object" };
const memory = createResponseMemories().of("ann");
type Ask = (model: Answering, more?: object) => Promise<unknown>;
const chat: Ask = (model, more) => chatCompletion(model, readChatRequest({ messages, ...more }), "m");
const responses: Ask = (model, more) => response(model, memory, readResponseRequest({ input: "Hi", ...more }, memory), "m");
const anthropic: Ask = (model, more) => message(model, readMessagesRequest({ model: "m", max_tokens: 5, messages, ...more }), "m");
const ollama: Ask = (model, more) =>
  ollamaChat(model, readOllamaChat({ model: "m", messages, ...more }).request!, "m", { arrived: 0, loaded: 0 });
const native: Ask = (model, more) => nativeCompletion(model, readCompletionRequest({ prompt: "Hi", ...more }), "m");

const bias = wrongOption("logitBias", "names token 999999: the vocabulary has 2");
const format = new OptionError({ option: "format", text: 'schema: /not: the keyword "not" cannot be enforced', isNamed: false });
const tool = new ToolError(2, 'the parameters of the function "f": schema: /not: the keyword "not" cannot be enforced');

describe("a mistake that the model finds is told by the name of the wire", () => {
  it.each<[string, Ask, unknown, object, string, string]>([
    ["chat", chat, bias, {}, "logit_bias", "logit_bias names token 999999: the vocabulary has 2"],
    [
      "chat",
      chat,
      format,
      { response_format: { type: "json_schema", json_schema: { name: "a", schema } } },
      "response_format.json_schema.schema",
      format.message,
    ],
    ["chat", chat, format, { response_format: { type: "regex", pattern: "a" } }, "response_format.pattern", format.message],
    ["chat", chat, tool, {}, "tools[2].function.parameters", tool.message],
    [
      "responses",
      responses,
      format,
      { text: { format: { type: "json_schema", name: "a", schema } } },
      "text.format.schema",
      format.message,
    ],
    ["responses", responses, tool, {}, "tools[2].parameters", tool.message],
    ["Anthropic", anthropic, undefined, { stop_sequences: [""] }, "stop_sequences", "stop_sequences has an empty text (1 of 1)"],
    [
      "Anthropic",
      anthropic,
      format,
      { output_config: { format: { type: "json_schema", schema } } },
      "output_config.format.schema",
      format.message,
    ],
    ["Anthropic", anthropic, tool, {}, "tools[2].input_schema", tool.message],
    [
      "Ollama",
      ollama,
      undefined,
      { options: { mirostat: 2, mirostat_eta: 5 } },
      "options.mirostat_eta",
      "options.mirostat_eta is 5: expected",
    ],
    ["Ollama", ollama, format, { format: schema }, "format", format.message],
    ["native", native, undefined, { top_p: 2 }, "top_p", "top_p is 2: expected"],
    ["native", native, undefined, { mirostat: 2, mirostat_eta: 5 }, "mirostat_eta", "mirostat_eta is 5: expected"],
    ["native", native, format, { json_schema: schema }, "json_schema", format.message],
    ["native", native, format, { grammar: "root ::=" }, "grammar", format.message],
  ])("%s: %o", async (_, ask, error, more, parameter, text) => {
    const thrown = await ask(refusing(error), more).catch((reason: unknown) => reason);
    expect(thrown).toMatchObject({ name: "ParameterError", parameter, message: expect.stringContaining(text) });
  });

  it.each([new UsageError("something else"), wrongOption("logprobs", "is 1")])("%s stays what it is", async (error) => {
    await expect(chat(refusing(error))).rejects.toMatchObject({ name: error.name, message: error.message });
  });
});
