// POST /v1/chat/completions: from its body to what is asked of the model.
import * as v from "valibot";
import type { AnswerRequest } from "../../chat/answer.ts";
import type { ChatMessage, Tool, ToolCall } from "../../chat/messages.ts";
import type { OutputFormat } from "../../generate/output-format.ts";
import { MOST_ALTERNATIVES, MOST_ANSWERS, MOST_MESSAGES, MOST_TOOLS } from "../limits.ts";
import { listOf, textOr } from "../lists.ts";
import { ParameterError, parseRequest } from "../request.ts";
import { offeredTools, toolChoiceOf, toolChoiceSchema } from "../tools.ts";
import { withoutNulls } from "../without-nulls.ts";
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

/** Marks for a cache: prompts are always cached here. */
const textEntries = { text: v.string(), prompt_cache_breakpoint: v.optional(v.unknown()) } as const;
const textPart = v.strictObject({ type: v.literal("text", 'expected "text": the model reads nothing else'), ...textEntries });
const content = textOr(listOf(textPart, MOST_MESSAGES));

const saidPart = v.variant(
  "type",
  [v.strictObject({ type: v.literal("text"), ...textEntries }), v.strictObject({ type: v.literal("refusal"), refusal: v.string() })],
  'expected "text" or "refusal": the model writes nothing else',
);

/** Clients send back what they were answered, with what they made of it. */
const toolCall = v.strictObject({
  id: v.string(),
  type: v.literal("function"),
  function: v.strictObject({ name: v.string(), arguments: callArguments, parsed_arguments: v.optional(v.unknown()) }),
  index: maybe(count(0)),
});

const message = v.variant("role", [
  v.strictObject({ role: v.picklist(["system", "developer", "user"]), content, name: v.optional(v.string()) }),
  v.strictObject({
    role: v.literal("assistant"),
    content: maybe(textOr(listOf(saidPart, MOST_MESSAGES))),
    refusal: maybe(v.string()),
    reasoning_content: maybe(v.string()),
    name: v.optional(v.string()),
    tool_calls: maybe(listOf(toolCall, MOST_MESSAGES)),
    function_call: refused("calls are in tool_calls"),
    audio: refused("the model neither hears nor speaks"),
    annotations: v.optional(v.unknown()),
    parsed: v.optional(v.unknown()),
  }),
  v.strictObject({ role: v.literal("tool"), content, tool_call_id: v.string(), name: maybe(v.string()) }),
]);

const responseFormat = v.variant("type", [
  v.strictObject({ type: v.literal("text") }),
  /** With a schema it is llama.cpp's and Together's. */
  v.strictObject({ type: v.literal("json_object"), schema: maybe(v.record(v.string(), v.unknown())) }),
  v.strictObject({
    type: v.literal("json_schema"),
    json_schema: v.strictObject(jsonSchemaEntries),
  }),
  // Not OpenAI's.
  v.strictObject({ type: v.literal("regex"), pattern: v.string() }),
  v.strictObject({ type: v.literal("grammar"), grammar: v.string() }),
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
  checkResults(given.messages);
  return {
    model: given.model,
    request: {
      prompt: {
        messages: given.messages.map(messageOf),
        ...offeredTools({
          tools: (tools ?? []).map(toolOf),
          ...toolChoiceOf(tool_choice),
          parallel: given.parallel_tool_calls,
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

/** @throws ParameterError for the result of a call that nobody made */
function checkResults(messages: readonly v.InferOutput<typeof message>[]): void {
  const calls = new Set<string>();
  messages.forEach((each, i) => {
    if (each.role === "assistant") for (const { id } of each.tool_calls ?? []) calls.add(id);
    if (each.role !== "tool" || calls.has(each.tool_call_id)) return;
    const place = `messages[${i}].tool_call_id`;
    throw new ParameterError(`${place} is ${JSON.stringify(each.tool_call_id)}: expected the id of one of tool_calls before it`, place);
  });
}

function messageOf(given: v.InferOutput<typeof message>): ChatMessage {
  if (given.role === "tool") return { role: "tool", content: given.content, tool_call_id: given.tool_call_id };
  const named = given.name === undefined ? {} : { name: given.name };
  if (given.role !== "assistant") return { role: given.role === "developer" ? "system" : given.role, content: given.content, ...named };
  const { refusal, tool_calls, reasoning_content } = given;
  return {
    role: "assistant",
    content: saidOf(given.content) ?? refusal ?? (tool_calls?.length ? null : ""),
    ...named,
    ...(tool_calls?.length ? { tool_calls: tool_calls.map(toolCallOf) } : {}),
    ...(reasoning_content ? { reasoning_content } : {}),
  };
}

/** A refusal is what the model said, too. */
function saidOf(given: Extract<v.InferOutput<typeof message>, { role: "assistant" }>["content"]): ChatMessage["content"] | undefined {
  if (typeof given !== "object" || given === null) return given ?? undefined;
  return given.map((part) => ({ type: "text", text: part.type === "text" ? part.text : part.refusal }));
}

function toolCallOf({ id, type, function: { name, arguments: text } }: v.InferOutput<typeof toolCall>): ToolCall {
  return { id, type, function: { name, arguments: text } };
}

function toolOf({ type, function: given }: v.InferOutput<typeof toolSchema>): Tool {
  return { type, function: { ...withoutNulls(given), name: given.name } };
}

export function formatOf(given: v.InferOutput<typeof responseFormat> | undefined): { format?: OutputFormat } {
  switch (given?.type) {
    case "json_object":
      return { format: given.schema ? { kind: "schema", schema: given.schema } : { kind: "json" } };
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
