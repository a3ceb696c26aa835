// From a request to the events of its answer.
import type { Engine } from "../generate/engine.ts";
import { type GenerateOptions, generate, type Piece } from "../generate/generate.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { AnswerEvent, AnswerRequest, AnswerToken, EndReason } from "./answer.ts";
import { checkRequest } from "./check-request.ts";
import { signsOf } from "./marks.ts";
import { namedToken } from "./named-token.ts";
import { type Conversation, openConversation } from "./open-conversation.ts";
import { promptIdsOf } from "./prompt-ids.ts";
import { createAnswerSplitter, type Part } from "./split-answer.ts";
import { callsToRead, steeringFor } from "./steering/steering-for.ts";
import { createAnswerTeller } from "./tell-answer.ts";
import { createCallIds } from "./tool-calls/call-ids.ts";

/** A model that answers. */
export interface Answerer {
  readonly engine: Engine;
  readonly tokenizer: Tokenizer | undefined;
  readonly chatTemplate: string | undefined;
  /** The ids of a text, as encodeInTurns, or of a list. */
  encode(prompt: string | readonly number[], signal?: AbortSignal): Promise<readonly number[]>;
}

/**
 * Answers a request. Nothing runs, and no mistake is reported, before the first event is asked for.
 *
 * Stop strings are looked for in the text, and neither in thoughts nor in calls.
 *
 * @throws UsageError for fields that a request does not have; as openConversation and generate
 */
export async function* runAnswer(model: Answerer, request: AnswerRequest, signal?: AbortSignal): AsyncGenerator<AnswerEvent, void> {
  checkRequest(request, signal);
  const { prompt, before = [], tellIds, options = {} } = request;
  const { engine, tokenizer } = model;
  const opened: Conversation =
    "messages" in prompt
      ? await openConversation(model, prompt, { most: engine.contextLength, signal })
      : { promptIds: await promptIdsOf(model, prompt, signal), leftOut: [] };
  const { calls, thoughts, leftOut } = opened;
  const promptIds = await continued(model, before, opened.promptIds);
  const ids = [...promptIds];
  const { stop = [], seed = crypto.getRandomValues(new Uint32Array(1))[0], ...others } = options;
  const teller = createAnswerTeller(typeof stop === "string" ? [stop] : stop, createCallIds(calls?.family ?? "hermes", seed, promptIds));
  const signs = signsOf(calls || thoughts ? tokenizer : undefined);
  const steering = tokenizer && (await steeringFor(tokenizer, opened, options));
  const splitter = createAnswerSplitter({ signs, thoughts, calls: calls && callsToRead(calls) });
  // Without a tokenizer there is no text in which stop strings could be: generate() says so.
  const settings: GenerateOptions = { ...others, seed, signal, ...(tokenizer ? {} : { stop }) };
  const started = performance.now();
  let firstAt = started;
  let promptRead: Extract<AnswerEvent, { type: "prompt" }> | undefined;
  const pieces = generate(
    engine,
    tokenizer,
    promptIds,
    settings,
    (read) => {
      firstAt = performance.now();
      promptRead = { type: "prompt", ...read, ...(leftOut.length > 0 ? { leftOut } : {}) };
    },
    steering,
  );
  let generatedTokens = 0;
  let text = "";
  let reason: EndReason | undefined;
  try {
    while (reason === undefined) {
      let parts: Part[];
      const { done, value } = await pieces.next();
      if (generatedTokens === 0 && promptRead) yield promptRead;
      if (done) {
        reason = value.reason;
        parts = splitter.end();
        yield* teller.tell(parts);
        if (reason === "end" && teller.calls === 0) steering?.verify(text + textIn(parts));
        break;
      }
      generatedTokens++;
      ids.push(value.id);
      const sign = signs.ofToken(value.id);
      teller.token(value.text.length + sign.length, options.logprobs === undefined ? undefined : answerToken(tokenizer, value));
      await steering?.ready();
      const { thinking } = splitter;
      parts = splitter.push(value.text, sign);
      if (!thinking && splitter.thinking) steering?.think();
      if (thinking && !splitter.thinking) steering?.answer(behindThoughts(value.text, parts, splitter.held));
      if (splitter.opened && (await steering?.call(splitter.opened))) parts.push(...splitter.trust());
      while (splitter.doubtful) parts.push(...splitter.judge((await steering?.fits(splitter.doubtful)) ?? false));
      for (const part of parts) if (part.kind === "called") steering?.verifyCall(part.call);
      text += textIn(parts);
      yield* teller.tell(parts);
      if (teller.stop !== undefined) reason = "stop";
      else if (teller.calls > 0 && !calls?.several) reason = "toolCalls";
    }
    yield* teller.end();
  } finally {
    steering?.dispose();
    await pieces.return(undefined as never);
  }
  yield {
    type: "end",
    reason: teller.calls > 0 && reason === "end" ? "toolCalls" : reason,
    stop: teller.stop,
    usage: {
      promptTokens: promptIds.length,
      cachedTokens: promptRead?.cachedTokens ?? 0,
      generatedTokens,
      reasoningTokens: teller.reasoningTokens,
    },
    seed,
    ...(tellIds ? { ids } : {}),
    milliseconds: { prompt: firstAt - started, generation: performance.now() - firstAt },
  };
}

/** The token that begins a text stands once, before all of it. */
async function continued({ tokenizer, encode }: Answerer, before: readonly number[], ids: readonly number[]): Promise<readonly number[]> {
  if (before.length === 0) return ids;
  return [...(await encode(before)), ...(ids[0] === tokenizer?.bosId ? ids.slice(1) : ids)];
}

function textIn(parts: readonly Part[]): string {
  return parts.map((part) => (part.kind === "text" ? part.text : "")).join("");
}

/** What a token holds behind the end of the thoughts. */
function behindThoughts(text: string, parts: readonly Part[], held: string): string {
  const end = parts.findLastIndex((part) => part.kind === "hidden" && part.thought);
  const letters = parts.slice(end + 1).reduce((sum, { length }) => sum + length, held.length);
  return letters === 0 ? "" : text.slice(-letters);
}

function answerToken(tokenizer: Tokenizer | undefined, { id, logprob = 0, top = [] }: Piece): AnswerToken {
  return { ...namedToken(tokenizer, { id, logprob }), top: top.map((each) => namedToken(tokenizer, each)) };
}
