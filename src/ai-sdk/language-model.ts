// A language model of the AI SDK.
import type { AnswerEvent, Answering, EndReason, Usage } from "../chat/answer.ts";
import { type LeftOut, leftOutSentence } from "../chat/left-out.ts";
import { collectAnswer } from "../wires/collect-answer.ts";
import { newId } from "../wires/new-id.ts";
import { requestOf } from "./request.ts";
import type { FinishReason, LanguageModel, LanguageUsage, ResponseMetadata, StreamPart, ToolCall, Warning } from "./specification.ts";

export function languageModel(model: Answering, modelId: string): LanguageModel {
  const metadata = (): ResponseMetadata => ({ id: newId("cria-"), timestamp: new Date(), modelId });
  return {
    specificationVersion: "v4",
    provider: "cria",
    modelId,
    supportedUrls: {},

    async doGenerate(options) {
      const { request, warnings } = requestOf(options);
      const { reasoning, text, toolCalls, leftOut, end } = await collectAnswer(model.answer(request, options.abortSignal));
      return {
        content: [
          ...(reasoning === "" ? [] : [{ type: "reasoning" as const, text: reasoning }]),
          ...(text === "" ? [] : [{ type: "text" as const, text }]),
          ...toolCalls
            .filter(({ whole }) => whole)
            .map(({ id, name, arguments: input }): ToolCall => ({ type: "tool-call", toolCallId: id, toolName: name, input })),
        ],
        finishReason: finishReason(end.reason),
        usage: usageOf(end.usage),
        response: metadata(),
        warnings: [...warnings, ...leftOutWarning(leftOut)],
      };
    },

    async doStream(options) {
      const { request, warnings } = requestOf(options);
      const events = model.answer(request, options.abortSignal);
      const parts = partsOf(events, warnings, metadata());
      // What is wrong with a call is wrong before its stream begins.
      let first: IteratorResult<StreamPart, void> | undefined = await parts.next();
      const stream = new ReadableStream<StreamPart>({
        async pull(controller) {
          try {
            const { value, done } = first ?? (await parts.next());
            first = undefined;
            if (done) controller.close();
            else controller.enqueue(value);
          } catch (error) {
            if (options.abortSignal?.aborted) return controller.error(error);
            controller.enqueue({ type: "error", error });
            controller.close();
          }
        },
        async cancel() {
          await parts.return();
        },
      });
      return { stream };
    },
  };
}

async function* partsOf(
  events: AsyncGenerator<AnswerEvent, void>,
  warnings: Warning[],
  metadata: ResponseMetadata,
): AsyncGenerator<StreamPart, void> {
  /** What has begun and not ended. */
  let open: { kind: "text" | "reasoning"; id: string } | { kind: "call"; id: string; name: string; input: string } | undefined;
  let blocks = 0;
  const close = (): StreamPart[] => {
    const ended = open;
    open = undefined;
    if (!ended) return [];
    return [{ type: ended.kind === "call" ? "tool-input-end" : `${ended.kind}-end`, id: ended.id }];
  };
  for await (const event of events) {
    switch (event.type) {
      case "prompt":
        yield { type: "stream-start", warnings: [...warnings, ...leftOutWarning(event.leftOut)] };
        yield { type: "response-metadata", ...metadata };
        break;
      case "text":
      case "reasoning": {
        if (event.text === "") break;
        if (open?.kind !== event.type) {
          yield* close();
          open = { kind: event.type, id: String(blocks++) };
          yield { type: `${event.type}-start`, id: open.id };
        }
        yield { type: `${event.type}-delta`, id: open.id, delta: event.text };
        break;
      }
      case "toolCall":
        yield* close();
        open = { kind: "call", id: event.id, name: event.name, input: "" };
        yield { type: "tool-input-start", id: event.id, toolName: event.name };
        break;
      case "toolArguments":
        // Calls come one after the other, each followed by its arguments.
        if (open?.kind !== "call") break;
        open.input += event.text;
        yield { type: "tool-input-delta", id: open.id, delta: event.text };
        break;
      case "toolCallEnd": {
        // Only now: the SDK runs what it is told.
        if (open?.kind !== "call") break;
        const { id, name, input } = open;
        yield* close();
        yield { type: "tool-call", toolCallId: id, toolName: name, input };
        break;
      }
      case "end":
        yield* close();
        yield { type: "finish", usage: usageOf(event.usage), finishReason: finishReason(event.reason) };
    }
  }
}

function leftOutWarning(leftOut: readonly LeftOut[] = []): Warning[] {
  return leftOut.length === 0 ? [] : [{ type: "other", message: leftOutSentence(leftOut) }];
}

function finishReason(raw: EndReason): FinishReason {
  switch (raw) {
    case "end":
    case "stop":
      return { unified: "stop", raw };
    case "length":
    case "context":
      return { unified: "length", raw };
    case "toolCalls":
      return { unified: "tool-calls", raw };
  }
}

function usageOf({ promptTokens, cachedTokens, generatedTokens, reasoningTokens }: Usage): LanguageUsage {
  return {
    inputTokens: { total: promptTokens, noCache: promptTokens - cachedTokens, cacheRead: cachedTokens, cacheWrite: undefined },
    outputTokens: { total: generatedTokens, text: generatedTokens - reasoningTokens, reasoning: reasoningTokens },
  };
}
