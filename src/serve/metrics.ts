// What the server counts, for Prometheus. Labels are names that the server itself knows (models, paths of routes, statuses): a client makes no series.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { AnswerEnd } from "../chat/answer.ts";
import type { RunningAnswer } from "./answers.ts";
import type { LoadedModel } from "./models/registry.ts";

export interface Metrics {
  /** A request has been answered, or its client has gone. @param path of its route */
  answered(request: { wire: string; path: string; status: number; seconds: number }): void;
  /** An answer, or other work, left the queue after so many seconds. */
  waited(model: string, seconds: number): void;
  /** An answer's first text came so many seconds after it was asked for, the queue included. */
  firstToken(model: string, seconds: number): void;
  /** A model has read a prompt: for an answer, for vectors, or to tell how likely it is. */
  promptRead(model: string, counts: { readonly promptTokens: number; readonly cachedTokens: number }): void;
  ended(model: string, event: AnswerEnd): void;
  /** The text that Prometheus reads, and its content type. @param now what is loaded, and what runs */
  text(now: Now): Promise<{ text: string; contentType: string }>;
}

interface Now {
  readonly loaded: readonly LoadedModel[];
  readonly running: readonly RunningAnswer[];
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

/** Milliseconds that a model has to tell how full its cache is: one that computes tells later. */
const PATIENCE = 1000;

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const counter = <const L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> =>
    new Counter({ name, help, labelNames: [...labelNames], registers });
  const histogram = <const L extends string>(name: string, help: string, labelNames: readonly L[], buckets = seconds): Histogram<L> =>
    new Histogram({ name, help, labelNames: [...labelNames], buckets, registers });
  const gauge = <const L extends string>(name: string, help: string, labelNames: readonly L[]): Gauge<L> =>
    new Gauge({ name, help, labelNames: [...labelNames], registers });

  const requests = counter("cria_requests_total", "Requests, by the path of their route; status 499: the client went away", [
    "wire",
    "path",
    "status",
  ]);
  const duration = histogram("cria_request_seconds", "From the arrival of a request to the last byte of its answer", ["wire", "path"]);
  const promptTokens = counter(
    "cria_prompt_tokens_total",
    "Tokens of prompts, for answers, embeddings and log-probabilities, those from the cache included",
    ["model"],
  );
  const cachedTokens = counter("cria_cached_tokens_total", "Tokens of prompts that were found in the cache, for answers", ["model"]);
  const generatedTokens = counter("cria_generated_tokens_total", "Tokens of answers that came to their end", ["model"]);
  const wait = histogram("cria_queue_wait_seconds", "Before an answer, or other work of a model, was begun", ["model"]);
  const first = histogram("cria_time_to_first_token_seconds", "From asking for an answer to its first text", ["model"]);
  const perToken = histogram(
    "cria_time_per_token_seconds",
    "Between the tokens of an answer, on its average",
    ["model"],
    seconds.map((bound) => bound / 5),
  );

  const waiting = gauge("cria_queue_length", "Answers, and other work of a model, that wait to be begun", ["model"]);
  const working = gauge("cria_answers_running", "Answers that are being made, and other work that is being done", ["model"]);
  const models = gauge("cria_models_loaded", "Models in memory", []);
  const bytes = gauge("cria_model_bytes", "Memory of a model and its cache, as planned", ["model"]);
  const pages = gauge("cria_cache_pages", "Pages of a model's cache", ["model"]);
  const held = gauge("cria_cache_pages_held", "Pages that texts hold now", ["model"]);

  return {
    answered({ wire, path, status, seconds }) {
      requests.inc({ wire, path, status });
      duration.observe({ wire, path }, seconds);
    },
    waited: (model, seconds) => wait.observe({ model }, seconds),
    firstToken: (model, seconds) => first.observe({ model }, seconds),
    promptRead(model, event) {
      promptTokens.inc({ model }, event.promptTokens);
      cachedTokens.inc({ model }, event.cachedTokens);
    },
    ended(model, { usage, milliseconds }) {
      generatedTokens.inc({ model }, usage.generatedTokens);
      const steps = usage.generatedTokens - 1; // the first token comes with the prompt
      if (steps > 0) perToken.observe({ model }, milliseconds.generation / 1000 / steps);
    },
    async text({ loaded, running }) {
      const told = await pagesOf(loaded);
      for (const each of [waiting, working, models, bytes, pages, held]) each.reset();
      models.set(loaded.length);
      for (const model of loaded) {
        bytes.set({ model: labelOf(model) }, model.bytes);
        for (const { known } of model.names) for (const each of [waiting, working]) each.set({ model: known.name }, 0);
      }
      for (const { model, state } of running) if (state !== "sending") (state === "waiting" ? waiting : working).inc({ model });
      for (const { name, ...count } of told) {
        pages.set({ model: name }, count.total);
        held.set({ model: name }, count.held);
      }
      return { text: await registry.metrics(), contentType: registry.contentType };
    },
  };
}

async function pagesOf(loaded: readonly LoadedModel[]): Promise<{ name: string; total: number; held: number }[]> {
  const asked = loaded.map(async (each) => {
    const signal = AbortSignal.timeout(PATIENCE);
    const told = await each.model.call("pages", [], signal).catch(() => undefined);
    return told ? [{ name: labelOf(each), ...told }] : [];
  });
  return (await Promise.all(asked)).flat();
}

/** Memory is there once, by whatever names it is asked for. */
function labelOf({ names }: LoadedModel): string {
  return names[0].known.name;
}
