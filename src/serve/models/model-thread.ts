// The thread of one model: the whole of it runs here, so that whatever it computes, the server's thread answers at once. All requests that are here at
// the same time run together in the engine.
import { parentPort, workerData } from "node:worker_threads";
import { capabilitiesOf, openConversation } from "../../chat/open-conversation.ts";
import { UsageError } from "../../errors.ts";
import { encodeInTurns, encodeStart } from "../../generate/encode-in-turns.ts";
import { type Llama, load } from "../../llama.ts";
import { parameterCount } from "../../model/weights.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import { plainError } from "./plain-error.ts";
import type { Calls, FromModel, FromThread, ModelFacts, ModelTask, ToModel } from "./protocol.ts";

const { place, options } = workerData as ModelTask;
const port = parentPort!;
/** What has been said since this thread last had nothing else to do. */
let said: FromModel[] = [];

/** Says something when all that goes on by promises has gone on, and before the next step is run. */
function post(message: FromModel): void {
  if (said.length === 0) process.nextTick(flush);
  said.push(message);
}

function flush(): void {
  port.postMessage(said satisfies FromThread);
  said = [];
}

function factsOf({ config, contextLength, chatTemplate, tokenizer, build }: Llama): ModelFacts {
  const spelt = (id: number | undefined): string | undefined => (id === undefined ? undefined : tokenizer?.decode([id]));
  return {
    contextLength,
    chatTemplate,
    capabilities: capabilitiesOf(chatTemplate, tokenizer),
    vocabSize: config.vocabSize,
    dim: config.dim,
    parameters: parameterCount(config),
    bosToken: spelt(tokenizer?.bosId),
    eosToken: spelt(tokenizer?.eosId),
    build,
  };
}

function serve(llama: Llama): void {
  const running = new Map<number, AbortController>();
  const calls = callsOf(llama);

  const run = async (id: number, work: (signal: AbortSignal) => Promise<void>): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      await work(controller.signal);
    } catch (error) {
      // Who aborted does not listen any more.
      if (!controller.signal.aborted) post({ id, type: "error", error: plainError(error) });
    } finally {
      running.delete(id);
    }
  };

  port.on("message", (message: ToModel) => {
    switch (message.type) {
      case "answer":
        return void run(message.id, async (signal) => {
          for await (const event of llama.answer(message.request, signal)) post({ id: message.id, type: "event", event });
          post({ id: message.id, type: "done" });
        });
      case "call":
        return void run(message.id, async (signal) => {
          const call = calls[message.name] as (...args: unknown[]) => unknown;
          post({ id: message.id, type: "result", result: await call(...message.args, signal) });
        });
      case "abort":
        return running.get(message.id)?.abort();
      case "close":
        return void llama.dispose().then(() => process.exit());
    }
  });
}

type Served = {
  [K in keyof Calls]: (...args: [...Parameters<Calls[K]>, AbortSignal]) => ReturnType<Calls[K]> | Promise<ReturnType<Calls[K]>>;
};

function callsOf(llama: Llama): Served {
  const tokenizer = (): Tokenizer => {
    if (llama.tokenizer) return llama.tokenizer;
    throw new UsageError("this model came without a tokenizer: give token ids instead of text");
  };
  const knownIds = (ids: readonly number[]): readonly number[] => {
    const { vocabSize } = tokenizer();
    const wrong = ids.find((id) => id >= vocabSize);
    if (wrong !== undefined) throw new UsageError(`there is no token ${wrong}: expected ids below ${vocabSize}`);
    return ids;
  };
  return {
    async tokenize(texts, { most, ...options }, signal) {
      const ids: number[][] = [];
      for (const text of texts) {
        ids.push(
          most === undefined
            ? await encodeInTurns(tokenizer(), text, options, { signal })
            : await encodeStart(tokenizer(), text, options, most, signal),
        );
      }
      return ids;
    },
    detokenize: (ids) => tokenizer().decode(knownIds(ids)),
    pieces: (ids) => knownIds(ids).map((id) => pieceOf(tokenizer().bytes(id)!)),
    async applyTemplate(prompt, signal) {
      const { promptIds: ids } = await openConversation(llama, prompt, { signal });
      return { ids, text: tokenizer().decode(ids) };
    },
    readPrompt: (prompt, logprobs, signal) => llama.readPrompt(prompt, logprobs, signal),
    embed: (inputs, options, signal) => llama.embed(inputs, { ...options, signal }),
    pages: () => llama.pages(),
  };
}

function pieceOf(bytes: Uint8Array): string | readonly number[] {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return [...bytes];
  }
}

try {
  const llama = await load(typeof place === "string" ? place : new URL(place.url), options);
  serve(llama);
  post({ type: "ready", facts: factsOf(llama) });
} catch (error) {
  post({ type: "failed", error: plainError(error) });
  flush();
  port.close();
}
