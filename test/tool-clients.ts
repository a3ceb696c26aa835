// The clients of every wire behind one question, for tests of what has to be the same in all of them: tools, thoughts and JSON of a schema.

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import Anthropic from "@anthropic-ai/sdk";
import { APICallError, generateText, jsonSchema, type ModelMessage, Output, streamText, tool } from "ai";
import { type Message, Ollama } from "ollama";
import OpenAI from "openai";

export type JsonSchema = Readonly<Record<string, unknown>>;

/** The likeliest answer is asked for. */
export interface Question {
  readonly model: string;
  readonly text: string;
  /** What was said to it, and what its calls gave, in their order. */
  readonly before?: { readonly turn: Said; readonly results: readonly string[] };
  readonly tools?: readonly { readonly name: string; readonly parameters: JsonSchema; readonly strict?: boolean }[];
  readonly choice?: "required" | "none" | { readonly name: string };
  readonly parallel?: false;
  readonly schema?: JsonSchema;
  readonly think?: boolean;
  readonly maxTokens: number;
}

export interface Said {
  text: string;
  thoughts: string;
  readonly calls: { readonly id: string; readonly name: string; readonly arguments: unknown }[];
  /** Why it ended, in the words of the wire. */
  ending: string | null | undefined;
  tokens: number;
  /** Of the tokens, where the wire counts them. */
  thoughtTokens?: number | undefined;
  /** What it said, as the wire has it in a conversation. */
  own: readonly object[];
  /** How many pieces came of each, where it was streamed. */
  readonly pieces: { text: number; thoughts: number; arguments: number };
}

export interface Client {
  readonly name: string;
  /** How the wire carries arguments. */
  readonly arguments: "string" | "object";
  /** The words for the three ends of an answer. */
  readonly endings: { readonly call: string; readonly length: string; readonly end: string };
  ask(question: Question, stream: boolean): Promise<Said>;
  /** Whether this is how the client tells that a request was wrong. */
  refused(error: unknown): boolean;
}

const nothing = (): Said => ({
  text: "",
  thoughts: "",
  calls: [],
  own: [],
  ending: undefined,
  tokens: 0,
  pieces: { text: 0, thoughts: 0, arguments: 0 },
});

function say(said: Said, kind: "text" | "thoughts", piece: string | null | undefined): void {
  if (!piece) return;
  said[kind] += piece;
  said.pieces[kind]++;
}

/** What calls gave, with their ids and names. */
function resultsOf(before: Question["before"]): { id: string; name: string; result: string }[] {
  return (before?.results ?? []).map((result, i) => ({ id: before!.turn.calls[i].id, name: before!.turn.calls[i].name, result }));
}

export function toolClients(url: string): Client[] {
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 });
  return [chatClient(openai), responsesClient(openai), ollamaClient(new Ollama({ host: url })), anthropicClient(url), aiSdkClient(url)];
}

function chatClient(client: OpenAI): Client {
  const bodyOf = ({ text, before, tools, choice, parallel, schema, think, ...question }: Question) => ({
    model: question.model,
    messages: [
      { role: "user" as const, content: text },
      ...((before?.turn.own ?? []) as OpenAI.ChatCompletionMessage[]),
      ...resultsOf(before).map(({ id, result }) => ({ role: "tool" as const, tool_call_id: id, content: result })),
    ],
    temperature: 0,
    max_completion_tokens: question.maxTokens,
    ...(tools
      ? { tools: tools.map((each) => ({ type: "function" as const, function: { ...each, parameters: { ...each.parameters } } })) }
      : {}),
    ...(choice ? { tool_choice: typeof choice === "object" ? { type: "function" as const, function: choice } : choice } : {}),
    ...(parallel === false ? { parallel_tool_calls: false } : {}),
    ...(schema
      ? { response_format: { type: "json_schema" as const, json_schema: { name: "answer", strict: true, schema: { ...schema } } } }
      : {}),
    ...(think === undefined ? {} : { reasoning_effort: think ? ("high" as const) : ("none" as const) }),
  });
  return {
    name: "OpenAI, chat completions",
    arguments: "string",
    endings: { call: "tool_calls", length: "length", end: "stop" },
    refused: (error) => error instanceof OpenAI.BadRequestError,
    async ask(question, stream) {
      const said = nothing();
      if (!stream) {
        const { choices, usage } = await client.chat.completions.create(bodyOf(question));
        const { message, finish_reason } = choices[0];
        const calls = (message.tool_calls ?? []).flatMap((call) => (call.type === "function" ? { id: call.id, ...call.function } : []));
        said.calls.push(...calls);
        const { reasoning_content: thoughts = "" } = message as { reasoning_content?: string };
        return {
          ...said,
          text: message.content ?? "",
          thoughts,
          own: [message],
          ending: finish_reason,
          tokens: usage!.completion_tokens,
          thoughtTokens: usage!.completion_tokens_details!.reasoning_tokens,
        };
      }
      const calls: { id: string; name: string; arguments: string }[] = [];
      for await (const chunk of await client.chat.completions.create({
        ...bodyOf(question),
        stream: true,
        stream_options: { include_usage: true },
      })) {
        said.tokens = chunk.usage?.completion_tokens ?? said.tokens;
        said.thoughtTokens = chunk.usage?.completion_tokens_details?.reasoning_tokens ?? said.thoughtTokens;
        const [choice] = chunk.choices;
        if (!choice) continue;
        say(said, "text", choice.delta.content);
        say(said, "thoughts", (choice.delta as { reasoning_content?: string }).reasoning_content);
        for (const { index, id, function: called } of choice.delta.tool_calls ?? []) {
          if (id) calls[index] = { id, name: called!.name!, arguments: "" };
          if (called?.arguments) said.pieces.arguments++;
          calls[index].arguments += called?.arguments ?? "";
        }
        said.ending = choice.finish_reason ?? said.ending;
      }
      said.calls.push(...calls);
      const made = calls.map(({ id, ...called }) => ({ id, type: "function", function: called }));
      said.own = [
        {
          role: "assistant",
          content: said.text || null,
          reasoning_content: said.thoughts,
          ...(made.length > 0 ? { tool_calls: made } : {}),
        },
      ];
      return said;
    },
  };
}

function responsesClient(client: OpenAI): Client {
  const bodyOf = ({ text, before, tools, choice, parallel, schema, think, ...question }: Question) => ({
    model: question.model,
    input: [
      { role: "user" as const, content: text },
      ...((before?.turn.own ?? []) as OpenAI.Responses.ResponseInputItem[]),
      ...resultsOf(before).map(({ id, result }) => ({ type: "function_call_output" as const, call_id: id, output: result })),
    ],
    store: false,
    temperature: 0,
    max_output_tokens: question.maxTokens,
    ...(tools
      ? {
          tools: tools.map(({ name, parameters, strict = null }) => ({
            type: "function" as const,
            name,
            parameters: { ...parameters },
            strict,
          })),
        }
      : {}),
    ...(choice ? { tool_choice: typeof choice === "object" ? { type: "function" as const, ...choice } : choice } : {}),
    ...(parallel === false ? { parallel_tool_calls: false } : {}),
    ...(schema ? { text: { format: { type: "json_schema" as const, name: "answer", strict: true, schema: { ...schema } } } } : {}),
    ...(think === undefined ? {} : { reasoning: { effort: think ? ("high" as const) : ("none" as const) } }),
  });
  const saidIn = ({ output, output_text, status, incomplete_details, usage }: OpenAI.Responses.Response): Said => ({
    ...nothing(),
    text: output_text,
    thoughts: output.flatMap((item) => (item.type === "reasoning" ? item.content!.map((part) => part.text) : [])).join(""),
    calls: output.flatMap((item) =>
      item.type === "function_call" ? { id: item.call_id, name: item.name, arguments: item.arguments } : [],
    ),
    own: output,
    ending: incomplete_details?.reason ?? status,
    tokens: usage!.output_tokens,
    thoughtTokens: usage!.output_tokens_details.reasoning_tokens,
  });
  return {
    name: "OpenAI, responses",
    arguments: "string",
    endings: { call: "completed", length: "max_output_tokens", end: "completed" },
    refused: (error) => error instanceof OpenAI.BadRequestError,
    async ask(question, stream) {
      if (!stream) return saidIn(await client.responses.create(bodyOf(question)));
      const heard = nothing();
      const answers: Said[] = [];
      let json = "";
      for await (const event of await client.responses.create({ ...bodyOf(question), stream: true })) {
        if (event.type === "response.output_text.delta") say(heard, "text", event.delta);
        if (event.type === "response.reasoning_text.delta") say(heard, "thoughts", event.delta);
        if (event.type === "response.completed" || event.type === "response.incomplete") answers.push(saidIn(event.response));
        if (event.type !== "response.function_call_arguments.delta") continue;
        json += event.delta;
        heard.pieces.arguments++;
      }
      const [answer] = answers;
      const whole = answer.calls.map((call) => call.arguments).join("");
      if (json !== whole) throw new Error(`the deltas hold ${json}, the response ${whole}`);
      return { ...answer, text: heard.text, thoughts: heard.thoughts, pieces: heard.pieces };
    },
  };
}

function ollamaClient(client: Ollama): Client {
  const bodyOf = ({ text, before, tools, schema, think, ...question }: Question) => ({
    model: question.model,
    messages: [
      { role: "user", content: text },
      ...((before?.turn.own ?? []) as Message[]),
      ...resultsOf(before).map(({ name, result }) => ({ role: "tool", content: result, tool_name: name })),
    ],
    options: { temperature: 0, num_predict: question.maxTokens },
    ...(tools
      ? {
          tools: tools.map(({ name, parameters }) => ({
            type: "function",
            function: { name, description: "", parameters: { ...parameters } },
          })),
        }
      : {}),
    ...(schema ? { format: { ...schema } } : {}),
    ...(think === undefined ? {} : { think }),
  });
  return {
    name: "Ollama",
    arguments: "object",
    endings: { call: "stop", length: "length", end: "stop" },
    refused: (error) => error instanceof Error && error.name === "ResponseError" && (error as { status_code?: number }).status_code === 400,
    async ask(question, stream) {
      const said = nothing();
      const body = bodyOf(question);
      const parts = stream ? await client.chat({ ...body, stream: true }) : [await client.chat(body)];
      for await (const { message, done_reason, eval_count } of parts) {
        say(said, "text", message.content);
        say(said, "thoughts", message.thinking);
        for (const call of message.tool_calls ?? []) {
          const { id = "" } = call as { id?: string };
          said.calls.push({ id, name: call.function.name, arguments: call.function.arguments });
          said.pieces.arguments++;
        }
        said.ending = done_reason ?? said.ending;
        said.tokens = eval_count ?? said.tokens;
      }
      const made = said.calls.map(({ name, arguments: written }) => ({ function: { name, arguments: written } }));
      said.own = [{ role: "assistant", content: said.text, thinking: said.thoughts, tool_calls: made }];
      return said;
    },
  };
}

function anthropicClient(url: string): Client {
  const client = new Anthropic({ baseURL: url, apiKey: "none", maxRetries: 0 });
  // The server takes it; the types of this client do not have it any more.
  const likeliest = { temperature: 0 };
  const choiceOf = (choice: Question["choice"], disable: { disable_parallel_tool_use?: boolean }): Anthropic.ToolChoice => {
    if (choice === "none") return { type: "none" };
    return typeof choice === "object" ? { type: "tool", ...choice, ...disable } : { type: choice ? "any" : "auto", ...disable };
  };
  const bodyOf = ({
    text,
    before,
    tools,
    choice,
    parallel,
    schema,
    think,
    ...question
  }: Question): Anthropic.MessageCreateParamsNonStreaming => ({
    model: question.model,
    messages: [
      { role: "user", content: text },
      ...((before?.turn.own ?? []) as Anthropic.MessageParam[]),
      ...(before
        ? [
            {
              role: "user" as const,
              content: resultsOf(before).map(({ id, result }) => ({ type: "tool_result" as const, tool_use_id: id, content: result })),
            },
          ]
        : []),
    ],
    ...likeliest,
    max_tokens: question.maxTokens,
    ...(tools
      ? {
          tools: tools.map(({ name, parameters, strict }) => ({
            name,
            input_schema: { type: "object" as const, ...parameters },
            ...(strict ? { strict } : {}),
          })),
          tool_choice: choiceOf(choice, parallel === false ? { disable_parallel_tool_use: true } : {}),
        }
      : {}),
    ...(schema ? { output_config: { format: { type: "json_schema", schema: { ...schema } } } } : {}),
    ...(think === undefined ? {} : { thinking: think ? { type: "enabled", budget_tokens: 1 } : { type: "disabled" } }),
  });
  return {
    name: "Anthropic",
    arguments: "object",
    endings: { call: "tool_use", length: "max_tokens", end: "end_turn" },
    refused: (error) => error instanceof Anthropic.BadRequestError,
    async ask(question, stream) {
      const said = nothing();
      const body = bodyOf(question);
      const asked = stream
        ? client.messages
            .stream(body)
            .on("text", () => said.pieces.text++)
            .on("thinking", () => said.pieces.thoughts++)
            .on("inputJson", () => said.pieces.arguments++)
            .finalMessage()
        : client.messages.create(body);
      const { content, stop_reason, usage } = await asked;
      for (const block of content) {
        if (block.type === "text") said.text += block.text;
        if (block.type === "thinking") said.thoughts += block.thinking;
        if (block.type === "tool_use") said.calls.push({ id: block.id, name: block.name, arguments: block.input });
      }
      const thoughtTokens = usage.output_tokens_details?.thinking_tokens;
      return { ...said, own: [{ role: "assistant", content }], ending: stop_reason, tokens: usage.output_tokens, thoughtTokens };
    },
  };
}

function aiSdkClient(url: string): Client {
  const provider = createOpenAICompatible({ name: "cria", baseURL: `${url}/v1`, includeUsage: true, supportsStructuredOutputs: true });
  const optionsOf = ({ text, before, tools, choice, parallel, schema, think, ...question }: Question) => ({
    model: provider(question.model),
    messages: [
      { role: "user", content: text },
      ...(before?.turn.own ?? []),
      ...resultsOf(before).map(({ id, name, result }) => ({
        role: "tool",
        content: [{ type: "tool-result", toolCallId: id, toolName: name, output: { type: "text", value: result } }],
      })),
    ] as ModelMessage[],
    temperature: 0,
    maxOutputTokens: question.maxTokens,
    maxRetries: 0,
    ...(tools
      ? {
          tools: Object.fromEntries(
            tools.map(({ name, parameters, strict }) => [name, tool({ inputSchema: jsonSchema({ ...parameters }), strict })]),
          ),
        }
      : {}),
    ...(choice ? { toolChoice: typeof choice === "object" ? { type: "tool" as const, toolName: choice.name } : choice } : {}),
    ...(parallel === false ? { providerOptions: { cria: { parallel_tool_calls: false } } } : {}),
    ...(schema ? { output: Output.object({ schema: jsonSchema({ ...schema }) }) } : {}),
    ...(think === undefined ? {} : { reasoning: think ? ("high" as const) : ("none" as const) }),
  });
  return {
    name: "AI SDK",
    arguments: "object", // it parses OpenAI's
    endings: { call: "tool-calls", length: "length", end: "stop" },
    refused: (error) => APICallError.isInstance(error) && error.statusCode === 400,
    async ask(question, stream) {
      const said = nothing();
      const options = optionsOf(question);
      if (stream) {
        const result = streamText({ ...options, onError: () => {} });
        for await (const part of result.fullStream) {
          if (part.type === "error") throw part.error;
          if (part.type === "text-delta") say(said, "text", part.text);
          if (part.type === "reasoning-delta") say(said, "thoughts", part.text);
          if (part.type === "tool-input-delta") said.pieces.arguments++;
          if (part.type === "tool-call") said.calls.push({ id: part.toolCallId, name: part.toolName, arguments: part.input });
          if (part.type !== "finish") continue;
          said.ending = part.finishReason;
          said.tokens = part.totalUsage.outputTokens!;
          said.thoughtTokens = part.totalUsage.outputTokenDetails.reasoningTokens;
        }
        return { ...said, own: (await result.response).messages };
      }
      const { text, response, reasoningText = "", toolCalls, finishReason, usage } = await generateText(options);
      said.calls.push(...toolCalls.map(({ toolCallId, toolName, input }) => ({ id: toolCallId, name: toolName, arguments: input })));
      return {
        ...said,
        text,
        thoughts: reasoningText,
        own: response.messages,
        ending: finishReason,
        tokens: usage.outputTokens!,
        thoughtTokens: usage.outputTokenDetails.reasoningTokens,
      };
    },
  };
}
