// POST /v1/chat/completions: from its body to what is asked of the model.
import * as v from "valibot";
import type { AnswerRequest } from "../../chat/answer.ts";
import type { ChatMessage, Tool } from "../../chat/messages.ts";
import type { OutputFormat } from "../../generate/output-format.ts";
import { MOST_ALTERNATIVES, MOST_ANSWERS, MOST_MESSAGES, MOST_TOOLS } from "../limits.ts";
import { listOf, textOr } from "../lists.ts";
import { ParameterError, parseRequest } from "../request.ts";
import { offeredTools, toolChoiceOf, toolChoiceSchema } from "../tools.ts";
import {
  callArguments,
  checkStreamOptions,
  count,
  generateOptions,
  ignoredEntries,
  jsonSchemaEntries,
  maybe,
  reasoningEffort,
  refused,
  samplingEntries,
  streamOptions,
  toolSchema,
} from "./schemas.ts";

const textPart = v.object({ type: v.literal("text", 'expected "text": the model reads nothing else'), text: v.string() });
const content = textOr(listOf(textPart, MOST_MESSAGES));

const toolCall = v.object({
  id: v.string(),
  type: v.literal("function"),
  function: v.object({ name: v.string(), arguments: callArguments }),
});

const message = v.variant("role", [
  v.object({ role: v.picklist(["system", "developer", "user"]), content, name: v.optional(v.string()) }),
  v.object({
    role: v.literal("assistant"),
    content: maybe(content),
    refusal: maybe(v.string()),
    reasoning_content: maybe(v.string()),
    name: v.optional(v.string()),
    tool_calls: maybe(listOf(toolCall, MOST_MESSAGES)),
  }),
  v.object({ role: v.literal("tool"), content, tool_call_id: v.string() }),
]);

const responseFormat = v.variant("type", [
  v.object({ type: v.literal("text") }),
  v.object({ type: v.literal("json_object") }),
  v.object({
    type: v.literal("json_schema"),
    json_schema: v.object(jsonSchemaEntries),
  }),
  // Not OpenAI's.
  v.object({ type: v.literal("regex"), pattern: v.string() }),
  v.object({ type: v.literal("grammar"), grammar: v.string() }),
]);

export const chatSchema = v.strictObject({
  model: v.optional(v.string()),
  messages: listOf(message, MOST_MESSAGES, 1),
  ...samplingEntries,
  ...ignoredEntries,
  max_completion_tokens: maybe(count(1)),
  n: maybe(count(1, MOST_ANSWERS)),
  logprobs: maybe(v.boolean()),
  top_logprobs: maybe(count(0, MOST_ALTERNATIVES)),
  stream: maybe(v.boolean()),
  stream_options: streamOptions,
  response_format: maybe(responseFormat),
  tools: maybe(listOf(toolSchema, MOST_TOOLS)),
  tool_choice: maybe(toolChoiceSchema),
  parallel_tool_calls: maybe(v.boolean()),
  reasoning_effort: maybe(reasoningEffort),
  verbosity: maybe(v.string()),
  /** A guess at the answer, which makes it come sooner at OpenAI. */
  prediction: v.optional(v.unknown()),
  modalities: maybe(v.array(v.literal("text", 'expected "text": the model writes nothing else'))),
  functions: refused("give them as tools"),
  function_call: refused("choose with tool_choice"),
  audio: refused("the model writes text"),
  web_search_options: refused("nothing is searched here"),
  moderation: refused("nothing is moderated here"),
  /** Of llama.cpp and vLLM: variables of the template. */
  chat_template_kwargs: maybe(v.record(v.string(), v.unknown())),
});

export type ChatCompletionParams = v.InferInput<typeof chatSchema>;

export interface ChatRequest {
  /** Undefined: the default one. */
  readonly model: string | undefined;
  readonly request: AnswerRequest;
  /** How many answers. */
  readonly n: number;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

/** @throws ParameterError */
export function readChatRequest(body: unknown): ChatRequest {
  const given = parseRequest(chatSchema, body);
  checkStreamOptions(given);
  const { tools, tool_choice, stream, stream_options, max_completion_tokens, logprobs, top_logprobs } = given;
  if (typeof top_logprobs === "number" && !logprobs) {
    throw new ParameterError("top_logprobs was given without logprobs: set logprobs to true", "top_logprobs");
  }
  return {
    model: given.model,
    request: {
      prompt: {
        messages: given.messages.map(messageOf),
        ...offeredTools({
          tools: (tools ?? []) as Tool[],
          choice: toolChoiceOf(tool_choice),
          parallel: given.parallel_tool_calls,
          place: "tool_choice.function.name",
        }),
        ...(given.reasoning_effort ? { reasoning: given.reasoning_effort !== "none" } : {}),
        ...(given.chat_template_kwargs ? { variables: given.chat_template_kwargs } : {}),
      },
      options: {
        ...generateOptions(given),
        ...(max_completion_tokens ? { maxTokens: max_completion_tokens } : {}),
        ...(logprobs ? { logprobs: top_logprobs ?? 0 } : {}),
        ...formatOf(given.response_format ?? undefined),
      },
    },
    n: given.n ?? 1,
    stream: stream ?? false,
    includeUsage: stream_options?.include_usage ?? false,
  };
}

function messageOf(given: v.InferOutput<typeof message>): ChatMessage {
  if (given.role === "developer") return { ...given, role: "system" };
  if (given.role !== "assistant") return given;
  const { tool_calls, reasoning_content, name } = given;
  return {
    role: "assistant",
    content: given.content ?? (tool_calls?.length ? null : ""),
    ...(name === undefined ? {} : { name }),
    ...(tool_calls?.length ? { tool_calls } : {}),
    ...(reasoning_content ? { reasoning_content } : {}),
  };
}

export function formatOf(given: v.InferOutput<typeof responseFormat> | undefined): { format?: OutputFormat } {
  switch (given?.type) {
    case "json_object":
      return { format: { kind: "json" } };
    case "json_schema":
      return { format: { kind: "schema", schema: given.json_schema.schema } };
    case "regex":
      return { format: { kind: "regex", pattern: given.pattern } };
    case "grammar":
      return { format: { kind: "grammar", grammar: given.grammar } };
    default:
      return {};
  }
}
