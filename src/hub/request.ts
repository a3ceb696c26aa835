// One request to the hub: the token goes to the endpoint's own origin only, a silent connection is cut, and what is worth another try is told
// from what is not: cria's own errors are final, every other one (a cut connection, a busy server) is worth retrying.
import { FormatError, InternalError, UnsupportedError, UsageError } from "../errors.ts";

/** A hub and the manners towards it. */
export interface Hub {
  /** Without a slash at the end: "https://huggingface.co". */
  readonly endpoint: string;
  readonly token: string | undefined;
  /** Wait before the second attempt, in milliseconds; doubled for each further one. */
  readonly retryDelayMs: number;
  /** A connection on which nothing arrives for so many milliseconds counts as cut. */
  readonly idleTimeoutMs: number;
}

/** @throws UsageError for an endpoint that is no address, or a token that no header can carry */
export function hubAt(options: { endpoint?: string; token?: string; retryDelayMs?: number; idleTimeoutMs?: number }): Hub {
  const endpoint = (options.endpoint || "https://huggingface.co").replace(/\/+$/, "");
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol))
    throw new UsageError(`HF_ENDPOINT is "${endpoint}": expected an address like https://huggingface.co`);
  const token = options.token?.trim() || undefined;
  if (token && /[^\x21-\x7e]/.test(token)) throw new UsageError("HF_TOKEN has a space or a letter that no token has: copy it again");
  return { endpoint, token, retryDelayMs: options.retryDelayMs ?? 500, idleTimeoutMs: options.idleTimeoutMs ?? 30_000 };
}

/**
 * Sends a GET and gives the answer to `read`, whatever its status. Redirects are followed; fetch drops the Authorization header when one leads
 * to another origin, as its standard demands.
 * @param read gets the answer, and a function to call whenever something arrives
 */
export async function get<R>(
  hub: Hub,
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal | undefined,
  read: (response: Response, alive: () => void) => Promise<R>,
): Promise<R> {
  const idle = new AbortController();
  const cut = (): void => idle.abort(new Error(`nothing arrived for ${hub.idleTimeoutMs / 1000} s`));
  let timer = setTimeout(cut, hub.idleTimeoutMs);
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(cut, hub.idleTimeoutMs);
  };
  const mayKnowToken = hub.token !== undefined && new URL(url).origin === new URL(hub.endpoint).origin;
  let response: Response | undefined;
  try {
    response = await fetch(url, {
      // Bytes as they are stored: ranges and lengths of a compressed answer would be those of the compressed bytes.
      headers: { "Accept-Encoding": "identity", ...headers, ...(mayKnowToken && { Authorization: `Bearer ${hub.token}` }) },
      signal: signal ? AbortSignal.any([signal, idle.signal]) : idle.signal,
    });
    alive();
    return await read(response, alive);
  } finally {
    clearTimeout(timer);
    await response?.body?.cancel().catch(() => {}); // what was not read is not wanted
  }
}

/** Statuses that pass: too many requests, and a server in trouble. */
export function isPassing(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

const fruitlessAttempts = 5;
const longestWaitMs = 30_000;

/** Something that may need several attempts. */
export interface Effort<R> {
  readonly attempt: () => Promise<R>;
  /** A number that grows with what has been achieved, where an attempt goes on from the one before. */
  readonly progress?: () => number;
}

/** Calls `attempt` until it succeeds, it throws one of cria's errors, or five attempts in a row bring nothing new. @param what for messages */
export async function persist<R>(hub: Hub, what: string, { attempt, progress = () => 0 }: Effort<R>, signal?: AbortSignal): Promise<R> {
  for (let fruitless = 0; ; ) {
    const before = progress();
    try {
      return await attempt();
    } catch (cause) {
      signal?.throwIfAborted();
      if ([UsageError, FormatError, UnsupportedError, InternalError].some((own) => cause instanceof own)) throw cause;
      fruitless = progress() > before ? 0 : fruitless + 1;
      if (fruitless === fruitlessAttempts) {
        throw new UsageError(`${what}: ${reasonOf(cause)} (${fruitless} attempts in a row): check the connection and try again`, { cause });
      }
      await wait(Math.min(hub.retryDelayMs * 2 ** Math.max(0, fruitless - 1), longestWaitMs), signal);
    }
  }
}

/** fetch hides what happened in the cause of a "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || String((error.cause as NodeJS.ErrnoException).code) : error.message;
}

async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { setTimeout } = await import("node:timers/promises");
  await setTimeout(ms, undefined, { signal }).catch(() => {});
  signal?.throwIfAborted();
}
