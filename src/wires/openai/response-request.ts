// POST /v1/responses: from its body to what is asked of the model.
import * as v from "valibot";
import type { AnswerRequest } from "../../chat/answer.ts";
import type { Tool } from "../../chat/messages.ts";
import { MOST_ALTERNATIVES, MOST_TOOLS } from "../limits.ts";
import { listOf } from "../lists.ts";
import { parseRequest } from "../request.ts";
import { type Choice, offeredTools } from "../tools.ts";
import { formatOf } from "./chat-request.ts";
import { checkResults, inputSchema, itemsOf, messagesOf } from "./response-input.ts";
import type { ResponseMemory } from "./response-memory.ts";
import type { FunctionTool, InputItem, ResponseObject, TextFormat } from "./response-types.ts";
import {
  checkStreamOptions,
  count,
  functionName,
  functionOnly,
  generateOptions,
  ignoredEntries,
  jsonSchemaEntries,
  maybe,
  reasoningEffort,
  refused,
  samplingEntries,
} from "./schemas.ts";

const tool = v.strictObject({
  type: functionOnly,
  name: functionName,
  description: maybe(v.string()),
  parameters: maybe(v.record(v.string(), v.unknown())),
  strict: maybe(v.boolean()),
  // of programs that run at OpenAI
  allowed_callers: v.optional(v.unknown()),
  async: v.optional(v.unknown()),
  defer_loading: v.optional(v.unknown()),
  output_schema: v.optional(v.unknown()),
});

const named = v.strictObject({ type: v.literal("function"), name: v.string() });

const toolChoiceSchema = v.union([
  v.picklist(["none", "auto", "required"]),
  v.variant("type", [
    named,
    v.strictObject({ type: v.literal("allowed_tools"), mode: v.picklist(["auto", "required"]), tools: v.array(named) }),
  ]),
]);

const textFormat = v.variant("type", [
  v.strictObject({ type: v.literal("text") }),
  v.strictObject({ type: v.literal("json_object") }),
  v.strictObject({ type: v.literal("json_schema"), ...jsonSchemaEntries }),
]);

/** OpenAI's: what there is not here is left out, as there. */
const includable = v.picklist([
  "code_interpreter_call.outputs",
  "computer_call_output.output.image_url",
  "file_search_call.results",
  "message.input_image.image_url",
  "message.output_text.logprobs",
  "reasoning.encrypted_content",
  "web_search_call.action.sources",
  "web_search_call.results",
]);

export const responseSchema = v.strictObject({
  model: v.optional(v.string()),
  input: inputSchema,
  instructions: maybe(v.string()),
  previous_response_id: maybe(v.string()),
  stream: maybe(v.boolean()),
  stream_options: maybe(v.strictObject({ include_obfuscation: maybe(v.boolean()) })),
  max_output_tokens: maybe(count(1)),
  ...samplingEntries,
  max_tokens: refused("here it is called max_output_tokens"),
  tools: maybe(listOf(tool, MOST_TOOLS)),
  tool_choice: maybe(toolChoiceSchema),
  parallel_tool_calls: maybe(v.boolean()),
  text: maybe(v.strictObject({ format: maybe(textFormat), verbosity: maybe(v.string()) })),
  reasoning: maybe(v.object({ effort: maybe(reasoningEffort), summary: maybe(v.string()), generate_summary: maybe(v.string()) })),
  include: maybe(v.array(includable)),
  top_logprobs: maybe(count(0, MOST_ALTERNATIVES)),
  truncation: maybe(
    v.literal("disabled", 'expected "disabled": nothing is left out of a prompt here, and one that is too long is an error'),
  ),
  ...ignoredEntries,
  max_tool_calls: maybe(count(1)), // of tools that run at OpenAI
  /** Of llama.cpp and vLLM: variables of the template. */
  chat_template_kwargs: maybe(v.record(v.string(), v.unknown())),
  background: maybe(v.literal(false, "expected false: responses are made while their client waits")),
  conversation: refused("conversations are not kept here: continue one with previous_response_id"),
  prompt: refused("templates of prompts are not kept here: send the input"),
  context_management: refused("nothing is left out of a prompt here, or summed up"),
  moderation: refused("nothing is moderated here"),
});

export type ResponseParams = v.InferInput<typeof responseSchema>;
type Given = v.InferOutput<typeof responseSchema>;

export interface ResponseRequest {
  /** Undefined: the default one. */
  readonly model: string | undefined;
  readonly request: AnswerRequest;
  /** What the request brought, without what came before. */
  readonly input: InputItem[];
  readonly stream: boolean;
  readonly store: boolean;
  /** Log-probabilities are told. */
  readonly logprobs: boolean;
  /** What the answer repeats. */
  readonly asked: Pick<ResponseObject, (typeof askedNames)[number]>;
}

const askedNames = [
  "instructions",
  "max_output_tokens",
  "metadata",
  "parallel_tool_calls",
  "previous_response_id",
  "reasoning",
  "store",
  "temperature",
  "text",
  "tool_choice",
  "tools",
  "top_logprobs",
  "top_p",
] as const satisfies (keyof ResponseObject)[];

/** @param memory what the one who asks has been answered @throws ParameterError */
export function readResponseRequest(body: unknown, memory: ResponseMemory): ResponseRequest {
  const given = parseRequest(responseSchema, body);
  checkStreamOptions(given);
  const tools = given.tools ?? [];
  const before = given.previous_response_id ? memory.conversation(given.previous_response_id) : [];
  const input = itemsOf(given.input, memory.item);
  checkResults([...before, ...input]);
  const logprobs = given.top_logprobs != null || (given.include?.includes("message.output_text.logprobs") ?? false);
  const format = given.text?.format ?? undefined;
  const effort = given.reasoning?.effort;
  return {
    model: given.model,
    request: {
      prompt: {
        messages: messagesOf([...before, ...input], given.instructions ?? undefined),
        ...offeredTools({
          tools: tools.map(toolOf),
          ...toolChoiceOf(given.tool_choice),
          parallel: given.parallel_tool_calls,
        }),
        ...(effort ? { reasoning: effort !== "none" } : {}),
        ...(given.chat_template_kwargs ? { variables: given.chat_template_kwargs } : {}),
      },
      options: {
        ...generateOptions(given),
        ...(given.max_output_tokens ? { maxTokens: given.max_output_tokens } : {}),
        ...(logprobs ? { logprobs: given.top_logprobs ?? 0 } : {}),
        ...formatOf(format?.type === "json_schema" ? { type: format.type, json_schema: format } : format),
      },
    },
    input,
    stream: given.stream ?? false,
    store: given.store ?? true,
    logprobs,
    asked: askedOf(given, tools),
  };
}

function askedOf(given: Given, tools: readonly v.InferOutput<typeof tool>[]): ResponseRequest["asked"] {
  return {
    instructions: given.instructions ?? null,
    max_output_tokens: given.max_output_tokens ?? null,
    metadata: given.metadata ?? {},
    parallel_tool_calls: given.parallel_tool_calls ?? true,
    previous_response_id: given.previous_response_id ?? null,
    reasoning: given.reasoning ? { effort: given.reasoning.effort ?? null } : null,
    store: given.store ?? true,
    temperature: given.temperature ?? null,
    text: { format: toldFormat(given.text?.format ?? { type: "text" }) },
    tool_choice: given.tool_choice ?? "auto",
    tools: tools.map(
      ({ type, name, description, parameters, strict }): FunctionTool => ({
        type,
        name,
        ...(description ? { description } : {}),
        parameters: parameters ?? null,
        strict: strict ?? null,
      }),
    ),
    top_logprobs: given.top_logprobs ?? null,
    top_p: given.top_p ?? null,
  };
}

function toldFormat(format: v.InferOutput<typeof textFormat>): TextFormat {
  if (format.type !== "json_schema") return format;
  const { description, ...others } = format;
  return typeof description === "string" ? { ...others, description } : others;
}

function toolOf({ type, name, description, parameters, strict }: v.InferOutput<typeof tool>): Tool {
  return {
    type,
    function: { name, ...(description ? { description } : {}), ...(parameters ? { parameters } : {}), ...(strict ? { strict } : {}) },
  };
}

function toolChoiceOf(given: Given["tool_choice"]): Choice {
  if (typeof given !== "object" || given === null) return { choice: given ?? undefined, place: "tool_choice" };
  if (given.type === "function") return { choice: { name: given.name }, place: "tool_choice.name" };
  return { choice: given.mode, only: given.tools.map(({ name }) => name), place: "tool_choice.tools" };
}
