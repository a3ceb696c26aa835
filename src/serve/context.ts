// What every route of the server works with.
import type { HttpBindings } from "@hono/node-server";
import type { Logger } from "pino";
import type { LeftOut } from "../chat/left-out.ts";
import { type AnswerLimits, type Answers, createAnswers } from "./answers.ts";
import type { HttpError } from "./http-error.ts";
import type { KeyRing } from "./keys.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import type { ModelRegistry } from "./models/registry.ts";

export interface ServerSettings {
  /** Without one, everybody on this machine may come in. */
  readonly keys: KeyRing | undefined;
  /** Origins of pages that may ask; "*" among them: all. */
  readonly corsOrigins: readonly string[];
  /** Names by which this server may be called; undefined: any. */
  readonly hosts: readonly string[] | undefined;
  /** Largest body of a request, in bytes. */
  readonly maxBody: number;
  /** Longest time for one request, in milliseconds. */
  readonly requestTimeout: number;
  /** Whether the log has the texts of prompts. */
  readonly logPrompts: boolean;
  readonly answers: AnswerLimits;
  /** Requests a minute of one key. */
  readonly keyRate: number | undefined;
  /** The models were named when the server was started: clients neither pull nor make nor delete any. */
  readonly fixedModels: boolean;
  readonly version: string;
}

export interface ServerContext {
  readonly settings: ServerSettings;
  readonly models: ModelRegistry;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly answers: Answers;
  /** True from the moment on when the server is asked to end: what runs is finished, and nothing new begins. */
  draining: boolean;
  /** What ends each of the requests that have come and whose answers are not sent to the last byte. */
  readonly running: Set<AbortController>;
}

export function createContext(settings: ServerSettings, models: ModelRegistry, log: Logger): ServerContext {
  const metrics = createMetrics();
  return { settings, models, log, metrics, answers: createAnswers(settings.answers, metrics), draining: false, running: new Set() };
}

/** What hono's middleware hands on to the routes. */
export interface Variables {
  /** Whose key it was; "anonymous" without keys. */
  owner: string;
  /** Names this request in answers and logs. */
  requestId: string;
  /** Most bytes of the body. */
  maxBody: number;
  /** Ends when the client hangs up, when its time is up, and when the server ends. */
  signal: AbortSignal;
  /** What was thrown, as the client is told; the log keeps what is the server's own fault. */
  failed: (thrown: unknown) => HttpError;
  /** From here on the request may take as long as it takes. */
  takeTime(): void;
  /** What the log tells about the request beside its path and status. */
  told: {
    model?: string;
    promptTokens?: number;
    cachedTokens?: number;
    generatedTokens?: number;
    leftOut?: readonly LeftOut[];
    error?: string;
  };
}

export type Env = { Bindings: HttpBindings; Variables: Variables };
