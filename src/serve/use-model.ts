// A model for one request: loaded, held until the request is over, and its work told to the log.
import type { Context } from "hono";
import type { AnswerEvent, Answering, ChatPrompt, Embedding, Prompt, PromptReading } from "../chat/answer.ts";
import { ParameterError } from "../wires/request.ts";
import type { Env, ServerContext } from "./context.ts";
import { readParameters, type Settings, withDefaults, withSystem } from "./made-settings.ts";
import type { CallName, Calls, ModelFacts } from "./models/protocol.ts";
import type { KnownModel, Lease } from "./models/registry.ts";

/** What is not a prompt, and so has nothing to do with a model's settings. */
type PlainCall = "tokenize" | "detokenize" | "pieces";

export interface ModelInUse {
  /** As the registry calls it. */
  readonly name: string;
  readonly known: KnownModel;
  readonly facts: ModelFacts;
  /** Answers for the owner of this request. */
  readonly answering: Answering & PromptReading & Embedding;
  /** The prompt that a conversation becomes. */
  applyTemplate(prompt: ChatPrompt, signal: AbortSignal | undefined): Promise<ReturnType<Calls["applyTemplate"]>>;
  /** Asks for something that has one answer, in the same queue: whatever a model does for a request waits for its turn. */
  call<N extends PlainCall>(name: N, args: Parameters<Calls[N]>, signal: AbortSignal | undefined): Promise<ReturnType<Calls[N]>>;
  release(): void;
}

/** How a request wants its model, on the wire whose clients can say so: Ollama's. */
export interface Wanted {
  /** Seconds that it stays loaded afterwards. */
  readonly keepAlive?: number;
  /** Tokens of context. */
  readonly contextLength?: number;
}

/** @param name undefined: the default model @throws HttpError when there is no such model, or no room for it; ParameterError for a context that is not there */
async function useModel(
  c: Context<Env>,
  { models, answers, metrics, settings, log }: ServerContext,
  name: string | undefined,
  wanted?: Wanted,
): Promise<ModelInUse> {
  const { name: modelName, known, model, release } = await unlessAborted(models.use(name, wanted?.keepAlive), c.get("signal"));
  const made: Settings = known.made ?? {};
  const { facts } = model;
  const told = c.get("told");
  told.model = modelName;
  try {
    // Who cannot ask for less gets what there is.
    if (wanted) checkContext(modelName, facts.contextLength, wanted.contextLength, made.parameters);
  } catch (error) {
    release();
    throw error;
  }
  const asking = { requestId: c.get("requestId"), owner: c.get("owner"), name: modelName, model };
  const call = <N extends CallName>(what: N, args: Parameters<Calls[N]>, signal: AbortSignal | undefined): Promise<ReturnType<Calls[N]>> =>
    answers.work(asking, () => model.call(what, args, signal), signal);

  /** Every prompt comes through here on its way to the model. */
  const settled = <P extends Prompt>(given: P): P => {
    const prompt = withSystem(given, made);
    logged(prompt);
    return prompt;
  };
  const logged = (prompt: unknown): void => {
    if (settings.logPrompts) log.info({ id: c.get("requestId"), prompt }, "prompt");
  };
  /** Several answers to one prompt read it once. */
  const read = new Set<Prompt>();
  const count = (prompt: Prompt, promptTokens: number, cachedTokens: number): void => {
    if (read.has(prompt)) return;
    read.add(prompt);
    told.promptTokens = (told.promptTokens ?? 0) + promptTokens;
    told.cachedTokens = (told.cachedTokens ?? 0) + cachedTokens;
  };
  const tell = (prompt: Prompt, event: AnswerEvent): void => {
    if (event.type === "prompt") {
      count(prompt, event.promptTokens, event.cachedTokens);
      // With the first of several answers, before anything is sent.
      if (event.leftOut && !told.leftOut) {
        told.leftOut = event.leftOut;
        c.header("x-cria-left-out", event.leftOut.join(", "));
      }
    }
    if (event.type === "end") told.generatedTokens = (told.generatedTokens ?? 0) + event.usage.generatedTokens;
  };

  const answering: Answering & PromptReading & Embedding = {
    settled: (options) => withDefaults(options, made),
    async *answer(request, signal) {
      const { prompt, options } = request;
      const whole = { ...request, prompt: settled(prompt), options: withDefaults(options, made) };
      for await (const event of answers.answer(asking, whole, signal)) {
        tell(prompt, event);
        yield event;
      }
    },
    async readPrompt(prompt, logprobs, signal) {
      const found = await call("readPrompt", [settled(prompt), logprobs], signal);
      count(prompt, found.tokens.length, 0);
      // Without them it is not run.
      if (logprobs !== undefined) metrics.promptRead(modelName, { promptTokens: found.tokens.length, cachedTokens: 0 });
      return found;
    },
    async embed(inputs, { signal, ...options } = {}) {
      logged(inputs);
      const embeddings = await call("embed", [inputs, options], signal);
      const { promptTokens } = embeddings;
      told.promptTokens = promptTokens;
      metrics.promptRead(modelName, { promptTokens, cachedTokens: 0 });
      return embeddings;
    },
  };
  const applyTemplate: ModelInUse["applyTemplate"] = (prompt, signal) => call("applyTemplate", [settled(prompt)], signal);
  return { name: modelName, known, facts, answering, applyTemplate, call, release };
}

/**
 * A larger context than there is would be cut off in silence; a smaller one saves nothing here.
 *
 * @param asked what the request says, which goes before what the model was made with
 * @throws ParameterError
 */
function checkContext(name: string, held: number, asked: number | undefined, made: Settings["parameters"]): void {
  const wanted = asked ?? readParameters(made).num_ctx ?? held;
  if (wanted <= held) return;
  const [what, place] =
    asked === undefined ? [`${name} was made with a num_ctx of ${wanted}`, "model"] : [`options.num_ctx is ${wanted}`, "options.num_ctx"];
  throw new ParameterError(
    `${what}: ${name} has a context of ${held} on this server: ask for less, or start the server with --ctx ${wanted}`,
    place,
  );
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
  wanted?: Wanted,
): Promise<R> {
  const use = await useModel(c, context, name, wanted);
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
  wanted?: Wanted,
): AsyncGenerator<P, void> {
  const use = await useModel(c, context, name, wanted);
  try {
    yield* work(use);
  } finally {
    use.release();
  }
}
