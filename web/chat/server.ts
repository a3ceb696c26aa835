// The server that this page came from, over OpenAI's wire.
import { type LeftOut, leftOutKinds } from "../../src/chat/left-out.ts";
import type { ChatCompletionChunk, ChatTokenLogprob, TokenLogprob } from "../../src/wires/openai/chat-types.ts";
import type { Alternative, Counts, Token } from "./conversation.ts";
import type { Settings } from "./settings.ts";
import { readEvents } from "./stream.ts";

export interface Server {
  /** The ids of its models. */
  models(): Promise<readonly string[]>;
  /** Ends early, and tells the server so, when `signal` is aborted. */
  answer(request: AnswerRequest, signal: AbortSignal): AsyncIterable<Piece>;
}

export interface AnswerRequest {
  readonly model: string;
  readonly settings: Settings;
  readonly messages: readonly { readonly role: "user" | "assistant"; readonly content: string }[];
}

/** What one event of the stream adds to an answer. */
export interface Piece {
  readonly text?: string;
  readonly thoughts?: string;
  readonly tokens?: readonly Token[];
  readonly counts?: Counts;
  readonly finish?: string;
  /** Comes first. */
  readonly leftOut?: readonly LeftOut[];
}

/** The server said no. */
export class RefusedError extends Error {
  readonly status: number;
  readonly code: string | undefined;

  constructor(status: number, { message, code }: { readonly message?: string; readonly code?: string | null }) {
    super(message ?? "");
    this.status = status;
    this.code = code ?? undefined;
  }
}

/** The server was not reached. */
export class UnreachableError extends Error {}

/** The stream ended before its answer did. */
export class CutOffError extends Error {}

/**
 * @param key asked anew for each request; "" for none
 * Both functions throw RefusedError and UnreachableError, `answer` CutOffError too, and what an aborted signal gives as its reason.
 */
export function openServer(key: () => string): Server {
  async function request(path: string, init: RequestInit): Promise<Response> {
    const authorization: HeadersInit = key() === "" ? {} : { authorization: `Bearer ${key()}` };
    let response: Response;
    try {
      // Relative to the page, which may stand behind a proxy under a path of its own.
      response = await fetch(path, { ...init, headers: { ...init.headers, ...authorization } });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw new UnreachableError();
    }
    if (!response.ok) throw new RefusedError(response.status, refusal(await response.text().catch(() => "")));
    return response;
  }

  return {
    async models() {
      const { data } = (await (await request("v1/models", {})).json()) as { data: readonly { id: string }[] };
      return data.map(({ id }) => id);
    },
    async *answer(asked, signal) {
      const body = JSON.stringify(bodyOf(asked));
      const response = await request("v1/chat/completions", {
        ...{ method: "POST", headers: { "content-type": "application/json" } },
        ...{ body, signal },
      });
      const leftOut = leftOutIn(response.headers);
      if (leftOut.length > 0) yield { leftOut };
      try {
        for await (const data of readEvents(response.body!)) {
          if (data === "[DONE]") return;
          yield pieceOf(JSON.parse(data));
        }
      } catch (error) {
        // What fetch throws when a connection breaks.
        if (signal.aborted || !(error instanceof TypeError)) throw error;
      }
      throw new CutOffError();
    },
  };
}

/** What of the conversation the server says that its model is not shown. */
export function leftOutIn(headers: Headers): LeftOut[] {
  const told = (headers.get("x-cria-left-out") ?? "").split(",").map((each) => each.trim());
  return leftOutKinds.filter((each) => told.includes(each));
}

/** The request as the wire has it. */
export function bodyOf({ model, settings, messages }: AnswerRequest): object {
  const { system, temperature, topP, topK, maxTokens, seed, stop, logprobs } = settings;
  return {
    model,
    messages: system.trim() === "" ? messages : [{ role: "system", content: system }, ...messages],
    stream: true,
    stream_options: { include_usage: true },
    temperature,
    top_p: topP,
    top_k: topK,
    max_completion_tokens: maxTokens,
    seed,
    ...(stop.length > 0 && { stop }),
    ...(logprobs && { logprobs: true, top_logprobs: 5 }),
  };
}

interface Failure {
  readonly error: { readonly message?: string; readonly code?: string | null };
}

/** @throws RefusedError for an error in the midst of an answer */
export function pieceOf(chunk: Pick<ChatCompletionChunk, "choices" | "usage"> | Failure): Piece {
  if ("error" in chunk) throw new RefusedError(500, chunk.error);
  const { choices, usage } = chunk;
  const { delta, logprobs, finish_reason } = choices.at(0) ?? {}; // the last chunk has none
  return {
    ...(delta?.content && { text: delta.content }),
    ...(delta?.reasoning_content && { thoughts: delta.reasoning_content }),
    ...(logprobs?.content?.length && { tokens: logprobs.content.map(tokenOf) }),
    ...(finish_reason && { finish: finish_reason }),
    ...(usage && {
      counts: {
        prompt: usage.prompt_tokens,
        cached: usage.prompt_tokens_details.cached_tokens,
        generated: usage.completion_tokens,
      },
    }),
  };
}

/** What a refusal says for itself; a proxy in between may answer in HTML, which says nothing. */
function refusal(text: string): Failure["error"] {
  try {
    return (JSON.parse(text) as Partial<Failure>).error ?? {};
  } catch {
    return {};
  }
}

function tokenOf(token: ChatTokenLogprob): Token {
  const among = token.top_logprobs.findIndex((other) => isSame(other, token));
  return { ...alternative(token), top: token.top_logprobs.map(alternative), ...(among >= 0 && { among }) };
}

function alternative({ token, logprob }: TokenLogprob): Alternative {
  return { text: token, logprob };
}

/** Half characters have one text, and a byte and the character that it is have the same bytes. */
function isSame(a: TokenLogprob, b: TokenLogprob): boolean {
  return a.logprob === b.logprob && a.bytes.length === b.bytes.length && a.bytes.every((byte, i) => byte === b.bytes[i]);
}
