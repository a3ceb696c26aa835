// POST /v1/messages and /v1/messages/count_tokens: from their bodies to what is asked of the model.
import * as v from "valibot";
import type { AnswerRequest, ChatPrompt, ToolChoice } from "../../chat/answer.ts";
import type { Tool } from "../../chat/messages.ts";
import { MOST_MESSAGES, MOST_STOPS, MOST_TOOLS } from "../limits.ts";
import { listOf } from "../lists.ts";
import { ParameterError, parseRequest } from "../request.ts";
import { offeredTools } from "../tools.ts";
import { withoutNulls } from "../without-nulls.ts";
import { conversationOf, messageSchema, systemSchema } from "./content-blocks.ts";

const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const display = v.nullish(v.picklist(["summarized", "omitted"]));
const parallel = { disable_parallel_tool_use: v.nullish(v.boolean()) } as const;

const toolSchema = v.strictObject({
  type: v.nullish(v.literal("custom", 'expected "custom": other kinds of tools run at Anthropic')),
  name: v.pipe(v.string(), v.regex(/^[a-zA-Z0-9_-]{1,128}$/, "expected 1 to 128 letters, digits, _ and -")),
  description: v.optional(v.string()),
  input_schema: v.record(v.string(), v.unknown()),
  strict: v.nullish(v.boolean()),
  cache_control: v.nullish(v.unknown()),
  eager_input_streaming: v.nullish(v.boolean()),
  input_examples: v.nullish(v.array(v.unknown())),
  // of programs that run at Anthropic
  allowed_callers: v.optional(v.unknown()),
  defer_loading: v.optional(v.unknown()),
});

const toolChoiceSchema = v.variant("type", [
  v.strictObject({ type: v.literal("auto"), ...parallel }),
  v.strictObject({ type: v.literal("any"), ...parallel }),
  v.strictObject({ type: v.literal("tool"), name: v.string(), ...parallel }),
  v.strictObject({ type: v.literal("none") }),
]);

const thinkingSchema = v.variant("type", [
  v.strictObject({ type: v.literal("enabled"), budget_tokens: v.pipe(v.number(), v.integer(), v.minValue(1)), display }),
  v.strictObject({ type: v.literal("adaptive"), display }),
  v.strictObject({ type: v.literal("disabled") }),
]);

const outputConfig = v.strictObject({
  effort: v.nullish(v.picklist(["low", "medium", "high", "xhigh", "max"])),
  format: v.nullish(v.strictObject({ type: v.literal("json_schema"), schema: v.record(v.string(), v.unknown()) })),
});

const promptEntries = {
  model: v.pipe(v.string(), v.minLength(1, "expected the name of a model")),
  messages: listOf(messageSchema, MOST_MESSAGES, 1),
  system: systemSchema,
  tools: v.nullish(listOf(toolSchema, MOST_TOOLS)),
  tool_choice: v.nullish(toolChoiceSchema),
  thinking: v.nullish(thinkingSchema),
  output_config: v.nullish(outputConfig),
  // These ask for nothing that a model here could do or leave undone.
  cache_control: v.nullish(v.unknown()),
  speed: v.nullish(v.string()),
} as const;

const countTokensSchema = v.strictObject(promptEntries);

const messagesSchema = v.strictObject({
  ...promptEntries,
  max_tokens: v.pipe(v.number(), v.integer(), v.minValue(1)),
  stop_sequences: v.nullish(listOf(v.string(), MOST_STOPS)),
  stream: v.nullish(v.boolean()),
  temperature: v.nullish(fraction),
  top_k: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0))),
  top_p: v.nullish(fraction),
  metadata: v.nullish(v.strictObject({ user_id: v.nullish(v.string()) })),
  service_tier: v.nullish(v.string()),
  inference_geo: v.nullish(v.string()),
  diagnostics: v.nullish(v.unknown()),
  container: v.nullish(v.never("expected none: code runs at Anthropic")),
});

export interface MessagesRequest {
  readonly model: string;
  readonly request: AnswerRequest;
  readonly stream: boolean;
  /** Thoughts are told as a block without text. */
  readonly hideThoughts: boolean;
}

/** @throws ParameterError */
export function readMessagesRequest(body: unknown): MessagesRequest {
  const given = parseRequest(messagesSchema, body);
  const { model, max_tokens, thinking, stop_sequences, output_config } = given;
  if (thinking?.type === "enabled" && thinking.budget_tokens >= max_tokens) {
    throw new ParameterError(
      `thinking.budget_tokens is ${thinking.budget_tokens}: expected less than max_tokens, ${max_tokens}, of which it is a part`,
      "thinking.budget_tokens",
    );
  }
  const schema = output_config?.format?.schema;
  return {
    model,
    request: {
      prompt: promptOf(given),
      options: withoutNulls({
        maxTokens: max_tokens,
        temperature: given.temperature,
        topK: given.top_k,
        topP: given.top_p,
        stop: stop_sequences?.length ? stop_sequences : undefined,
        format: schema && { kind: "schema" as const, schema },
      }),
    },
    stream: given.stream ?? false,
    hideThoughts: (thinking?.type === "enabled" || thinking?.type === "adaptive") && thinking.display === "omitted",
  };
}

/** @throws ParameterError */
export function readCountTokens(body: unknown): { readonly model: string; readonly prompt: ChatPrompt } {
  const given = parseRequest(countTokensSchema, body);
  return { model: given.model, prompt: promptOf(given) };
}

function promptOf(given: v.InferOutput<typeof countTokensSchema>): ChatPrompt {
  const { tools, tool_choice: choice, thinking } = given;
  const last = given.messages.at(-1)!;
  const opening = last.role === "assistant" ? openingOf(given) : undefined;
  return {
    messages: conversationOf(given.system, opening === undefined ? given.messages : given.messages.slice(0, -1)),
    ...(opening === undefined ? {} : { opening }),
    ...offeredTools({
      tools: (tools ?? []).map(toolOf),
      choice: toolChoiceOf(choice),
      parallel: choice && "disable_parallel_tool_use" in choice && choice.disable_parallel_tool_use ? false : undefined,
      place: "tool_choice.name",
    }),
    // As at Anthropic, who does not ask for thoughts gets none: text is the first block of the answer then.
    reasoning: thinking?.type === "enabled" || thinking?.type === "adaptive",
  };
}

/** The answer goes on from the last message, where that is the assistant's. */
function openingOf({ messages, thinking, output_config }: v.InferOutput<typeof countTokensSchema>): string {
  const place = `messages[${messages.length - 1}]`;
  const refuse = (why: string): never => {
    throw new ParameterError(`${place} is the assistant's, from which the answer would go on: ${why}`, place);
  };
  if (messages.length === 1) refuse("there has to be something to answer before it");
  if (thinking && thinking.type !== "disabled") refuse("that cannot be with thinking");
  if (output_config?.format) refuse("that cannot be with output_config.format");
  const { content, ...more } = conversationOf(undefined, messages.slice(-1))[0];
  if (more.tool_calls || more.reasoning_content) refuse("expected text only");
  if (/\s$/.test(content as string)) refuse("expected a text that does not end with white space");
  return content as string;
}

function toolOf({ name, description, input_schema, strict }: v.InferOutput<typeof toolSchema>): Tool {
  return {
    type: "function",
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      parameters: input_schema,
      ...(typeof strict === "boolean" ? { strict } : {}),
    },
  };
}

function toolChoiceOf(choice: v.InferOutput<typeof toolChoiceSchema> | null | undefined): ToolChoice | undefined {
  switch (choice?.type) {
    case "tool":
      return { name: choice.name };
    case "any":
      return "required";
    default:
      return choice?.type;
  }
}
