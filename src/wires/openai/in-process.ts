// OpenAI's client without its server: the same calls, answered by a model in this process.
import type { Answering, Embedding, PromptReading } from "../../chat/answer.ts";
import { chatChunks, chatCompletion, now } from "./chat.ts";
import { type ChatCompletionParams, readChatRequest } from "./chat-request.ts";
import type { ChatCompletion, ChatCompletionChunk } from "./chat-types.ts";
import { type CompletionParams, readCompletionRequest } from "./completion-request.ts";
import type { Completion, CompletionChunk } from "./completion-types.ts";
import { completion, completionChunks } from "./completions.ts";
import { type EmbeddingList, type EmbeddingParams, embeddingList, readEmbeddingRequest } from "./embeddings.ts";
import { createResponseMemories } from "./response-memory.ts";
import { type ResponseParams, readResponseRequest } from "./response-request.ts";
import type { ResponseObject, ResponseStreamEvent } from "./response-types.ts";
import { response, responseEvents } from "./responses.ts";

export interface RequestOptions {
  /** Ends the answer: the call, or the stream, fails with its reason. */
  signal?: AbortSignal;
}

/** Where OpenAI's types allow more than a text model answers, these do too, so that its messages and tools go in as they are: the rest is refused by name. */
type Widened<Params, Wide> = Omit<Params, keyof Wide> & Wide;

interface OfType {
  type: string;
}

type ChatParams = Widened<
  ChatCompletionParams,
  {
    messages: readonly { role: string }[];
    tools?: readonly OfType[] | null;
    tool_choice?: string | OfType | null;
    response_format?: OfType | null;
    reasoning_effort?: string | null;
    modalities?: readonly string[] | null;
    audio?: unknown;
    function_call?: unknown;
    web_search_options?: unknown;
  }
>;

type TextParams = Widened<
  CompletionParams,
  { suffix?: string | null; prompt: string | readonly (string | number | readonly number[])[] | null }
>;

type ResponsesParams = Widened<
  ResponseParams,
  {
    input?: string | readonly object[];
    tools?: readonly OfType[] | null;
    tool_choice?: string | OfType | null;
    background?: boolean | null;
    conversation?: unknown;
    prompt?: unknown;
    context_management?: unknown;
    moderation?: unknown;
    truncation?: string | null;
    reasoning?: object | null;
    text?: object | null;
  }
>;

/** With `stream: true` an answer comes in pieces. */
export interface Create<Params, Whole, Piece> {
  (body: Params & { stream: true }, options?: RequestOptions): Promise<AsyncGenerator<Piece, void>>;
  (body: Params & { stream?: false | null }, options?: RequestOptions): Promise<Whole>;
}

/** The part of OpenAI's client that a text model answers. There is one model, whatever `model` says. Mistakes are UsageErrors. */
export interface OpenAi {
  readonly chat: { readonly completions: { readonly create: Create<ChatParams, ChatCompletion, ChatCompletionChunk> } };
  readonly completions: { readonly create: Create<TextParams, Completion, CompletionChunk> };
  readonly embeddings: {
    create(body: EmbeddingParams & { encoding_format: "base64" }, options?: RequestOptions): Promise<EmbeddingList<string>>;
    create(body: EmbeddingParams & { encoding_format?: "float" | null }, options?: RequestOptions): Promise<EmbeddingList<number[]>>;
  };
  readonly models: { list(): Promise<ModelList> };
  /** What it answered is remembered for `previous_response_id`, up to 16 MB, as long as this object lives. */
  readonly responses: { readonly create: Create<ResponsesParams, ResponseObject, ResponseStreamEvent> };
}

export interface ModelList {
  object: "list";
  data: { id: string; object: "model"; created: number; owned_by: string }[];
}

/** What it is called where nobody gave it a name. */
const NAME = "cria";

/** @param model a Llama */
export function openAi(model: Answering & PromptReading & Embedding): OpenAi {
  const memory = createResponseMemories().of("this process");
  const since = now();
  return {
    chat: { completions: { create: creator(readChatRequest, model, chatCompletion, chatChunks) } },
    completions: { create: creator(readCompletionRequest, model, completion, completionChunks) },
    embeddings: {
      create: (async (body: EmbeddingParams, { signal }: RequestOptions = {}) => {
        const request = readEmbeddingRequest(body);
        return embeddingList(model, request, request.model ?? NAME, signal);
      }) as OpenAi["embeddings"]["create"],
    },
    models: { list: async () => ({ object: "list", data: [{ id: NAME, object: "model", created: since, owned_by: "cria" }] }) },
    responses: {
      create: creator(
        (body) => readResponseRequest(body, memory),
        model,
        (answering, request, name, signal) => response(answering, memory, request, name, signal),
        (answering, request, name, signal) => responseEvents(answering, memory, request, name, signal),
      ),
    },
  };
}

function creator<Params, Request extends { readonly model: string | undefined; readonly stream: boolean }, Model, Whole, Piece>(
  read: (body: unknown) => Request,
  model: Model,
  whole: (model: Model, request: Request, name: string, signal?: AbortSignal) => Promise<Whole>,
  pieces: (model: Model, request: Request, name: string, signal?: AbortSignal) => AsyncGenerator<Piece, void>,
): Create<Params, Whole, Piece> {
  const create = async (body: Params, { signal }: RequestOptions = {}): Promise<Whole | AsyncGenerator<Piece, void>> => {
    const request = read(body);
    const name = request.model ?? NAME;
    return request.stream ? begun(pieces(model, request, name, signal)) : whole(model, request, name, signal);
  };
  return create as Create<Params, Whole, Piece>;
}

/** The first piece is waited for: what is wrong with a request is wrong with the call, not with the stream. */
async function begun<Piece>(pieces: AsyncGenerator<Piece, void>): Promise<AsyncGenerator<Piece, void>> {
  const first = await pieces.next();
  return (async function* () {
    try {
      if (!first.done) yield first.value;
      yield* pieces;
    } finally {
      await pieces.return();
    }
  })();
}
