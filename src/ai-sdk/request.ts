// From a call of the AI SDK to what is asked of the model.
import type { AnswerRequest, ToolChoice } from "../chat/answer.ts";
import type { ChatMessage, Tool } from "../chat/messages.ts";
import { UnsupportedError } from "../errors.ts";
import type { OutputFormat } from "../generate/output-format.ts";
import type { CallOptions, PromptMessage, TextPart, ToolCallPart, ToolOutput, ToolResultPart, Warning } from "./specification.ts";

/** @throws UnsupportedError for what is not text */
export function requestOf(options: CallOptions): { request: AnswerRequest; warnings: Warning[] } {
  const { prompt, tools = [], toolChoice, reasoning = "provider-default", responseFormat } = options;
  const warnings: Warning[] = [];
  const functions = tools.flatMap((tool): Tool[] => {
    if (tool.type === "function") {
      const { name, description, inputSchema, strict } = tool;
      const parameters = inputSchema as Readonly<Record<string, unknown>>;
      return [{ type: "function", function: { name, parameters, ...given({ description, strict }) } }];
    }
    warnings.push({ type: "unsupported", feature: `tool ${tool.id}`, details: "only functions are called here" });
    return [];
  });
  return {
    request: {
      prompt: {
        messages: prompt.flatMap(messagesOf),
        ...(functions.length > 0 ? { tools: functions, toolChoice: toolChoiceOf(toolChoice) } : {}),
        ...(reasoning === "provider-default" ? {} : { reasoning: reasoning !== "none" }),
      },
      options: given({
        maxTokens: options.maxOutputTokens,
        temperature: options.temperature,
        topP: options.topP,
        topK: options.topK,
        presencePenalty: options.presencePenalty,
        frequencyPenalty: options.frequencyPenalty,
        seed: options.seed,
        stop: options.stopSequences,
        format: formatOf(responseFormat),
      }),
    },
    warnings,
  };
}

function given<O extends object>(options: O): Partial<O> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<O>;
}

function toolChoiceOf(choice: CallOptions["toolChoice"]): ToolChoice | undefined {
  return choice?.type === "tool" ? { name: choice.toolName } : choice?.type;
}

function formatOf(format: CallOptions["responseFormat"]): OutputFormat | undefined {
  if (format?.type !== "json") return undefined;
  return format.schema === undefined ? { kind: "json" } : { kind: "schema", schema: format.schema };
}

function messagesOf(message: PromptMessage): ChatMessage[] {
  switch (message.role) {
    case "system":
      return [{ role: "system", content: message.content }];
    case "user":
      return [{ role: "user", content: textIn(message.content, ["text"]) }];
    case "assistant": {
      const calls = message.content.filter((part): part is ToolCallPart => part.type === "tool-call");
      const others = message.content.filter(({ type }) => type !== "tool-call");
      const thoughts = textIn(
        others.filter(({ type }) => type === "reasoning"),
        ["reasoning"],
      );
      const text = textIn(
        others.filter(({ type }) => type !== "reasoning"),
        ["text"],
      );
      return [
        {
          role: "assistant",
          content: text === "" && calls.length > 0 ? null : text,
          ...(thoughts === "" ? {} : { reasoning_content: thoughts }),
          ...(calls.length === 0
            ? {}
            : {
                tool_calls: calls.map(({ toolCallId, toolName, input }) => ({
                  id: toolCallId,
                  type: "function",
                  function: { name: toolName, arguments: JSON.stringify(input) },
                })),
              }),
        },
      ];
    }
    case "tool":
      return message.content.flatMap((part) => {
        if (part.type === "tool-approval-response") return []; // the result says so, too
        if (part.type !== "tool-result") throw unsupported(part);
        const { toolCallId, toolName, output } = part as ToolResultPart;
        return [{ role: "tool", tool_call_id: toolCallId, name: toolName, content: outputText(output) }];
      });
  }
}

function outputText(output: ToolOutput): string {
  switch (output.type) {
    case "text":
    case "error-text":
      return output.value;
    case "json":
    case "error-json":
      return JSON.stringify(output.value);
    case "execution-denied":
      return output.reason ?? "the tool was not allowed to run";
    case "content":
      return textIn(output.value, ["text"]);
  }
}

/** @throws UnsupportedError for a part that has no text */
function textIn(parts: readonly { type: string }[], types: readonly TextPart["type"][]): string {
  return parts
    .map((part) => {
      if (!types.some((type) => type === part.type)) throw unsupported(part);
      return (part as TextPart).text;
    })
    .join("");
}

function unsupported({ type }: { type: string }): UnsupportedError {
  return new UnsupportedError(`the prompt has a part of the type ${JSON.stringify(type)}: the model reads nothing but text`);
}
