// What every route of the server works with.
import type { Logger } from "pino";
import type { KeyRing } from "./keys.ts";
import type { ModelRegistry } from "./models/registry.ts";

export interface ServerSettings {
  /** Without one, everybody on this machine may come in. */
  readonly keys: KeyRing | undefined;
  /** Origins of pages that may ask, or "*" alone for all. */
  readonly corsOrigins: readonly string[];
  /** Names by which this server may be called; undefined: any. */
  readonly hosts: readonly string[] | undefined;
  /** Largest body of a request, in bytes. */
  readonly maxBody: number;
  /** Longest time for one request, in milliseconds. */
  readonly requestTimeout: number;
  /** Whether the log has the texts of prompts. */
  readonly logPrompts: boolean;
  readonly version: string;
}

export interface ServerContext {
  readonly settings: ServerSettings;
  readonly models: ModelRegistry;
  readonly log: Logger;
  /** True from the moment on when the server is asked to end: what runs is finished, and nothing new begins. */
  draining: boolean;
}

/** What hono's middleware hands on to the routes. */
export interface Variables {
  /** Whose key it was; "anonymous" without keys. */
  owner: string;
  /** Ends when the client hangs up, when its time is up, and when the server ends. */
  signal: AbortSignal;
  /** What the log tells about the request beside its path and status. */
  told: { model?: string; promptTokens?: number; cachedTokens?: number; generatedTokens?: number; error?: string };
}

export type Env = { Variables: Variables };
