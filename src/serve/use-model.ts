// A model for one request: loaded, held until the request is over, and its work told to the log.
import type { Context } from "hono";
import type { AnswerEvent, Answering, Embedding, PromptReading } from "../chat/answer.ts";
import type { Env, ServerContext } from "./context.ts";
import { withSettings } from "./made-settings.ts";
import type { CallName, Calls, ModelFacts } from "./models/protocol.ts";
import type { KnownModel, Lease } from "./models/registry.ts";

export interface ModelInUse {
  /** As the registry calls it. */
  readonly name: string;
  readonly known: KnownModel;
  readonly facts: ModelFacts;
  /** Answers for the owner of this request. */
  readonly answering: Answering & PromptReading & Embedding;
  /** Asks for something that has one answer, in the same queue: whatever a model does for a request waits for its turn. */
  call<N extends CallName>(name: N, args: Parameters<Calls[N]>, signal: AbortSignal | undefined): Promise<ReturnType<Calls[N]>>;
  release(): void;
}

/** @param name undefined: the default model @throws HttpError when there is no such model, or no room for it */
async function useModel(
  c: Context<Env>,
  { models, answers, settings, log }: ServerContext,
  name: string | undefined,
  keepAlive?: number,
): Promise<ModelInUse> {
  const { name: modelName, known, model, release } = await unlessAborted(models.use(name, keepAlive), c.get("signal"));
  const told = c.get("told");
  told.model = modelName;

  const asking = { requestId: c.get("requestId"), owner: c.get("owner"), name: modelName, model };
  const call: ModelInUse["call"] = (what, args, signal) => answers.work(asking, () => model.call(what, args, signal), signal);
  const answering: Answering & PromptReading & Embedding = {
    async *answer(request, signal) {
      if (settings.logPrompts) log.info({ id: c.get("requestId"), prompt: request.prompt }, "prompt");
      const whole = known.made ? withSettings(request, known.made) : request;
      for await (const event of answers.answer(asking, whole, signal)) {
        tell(event);
        yield event;
      }
    },
    async readPrompt(prompt, logprobs, signal) {
      const read = await call("readPrompt", [prompt, logprobs], signal);
      told.promptTokens = (told.promptTokens ?? 0) + read.tokens.length;
      return read;
    },
    async embed(inputs, { signal, ...options } = {}) {
      const embeddings = await call("embed", [inputs, options], signal);
      told.promptTokens = embeddings.promptTokens;
      return embeddings;
    },
  };
  const tell = (event: AnswerEvent): void => {
    if (event.type === "prompt") {
      told.promptTokens = event.promptTokens;
      told.cachedTokens = event.cachedTokens;
    }
    if (event.type === "end") told.generatedTokens = (told.generatedTokens ?? 0) + event.usage.generatedTokens;
  };
  return { name: modelName, known, facts: model.facts, answering, call, release };
}

/** A load may take longer than a request has: what comes too late is given back. */
async function unlessAborted(coming: Promise<Lease>, signal: AbortSignal): Promise<Lease> {
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort);
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([coming, aborted]);
  } catch (error) {
    coming.then(
      (lease) => lease.release(),
      () => {},
    );
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Does something with a model, and lets go of it. */
export async function withModel<R>(
  c: Context<Env>,
  context: ServerContext,
  name: string | undefined,
  work: (use: ModelInUse) => Promise<R>,
  keepAlive?: number,
): Promise<R> {
  const use = await useModel(c, context, name, keepAlive);
  try {
    return await work(use);
  } finally {
    use.release();
  }
}

/** The same for what comes in pieces: the model is held until the last one. */
export async function* piecesWithModel<P>(
  c: Context<Env>,
  context: ServerContext,
  name: string | undefined,
  work: (use: ModelInUse) => AsyncGenerator<P, void>,
  keepAlive?: number,
): AsyncGenerator<P, void> {
  const use = await useModel(c, context, name, keepAlive);
  try {
    yield* work(use);
  } finally {
    use.release();
  }
}
