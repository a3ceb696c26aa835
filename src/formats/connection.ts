// Connections that fail: what is worth another attempt is a ConnectionLost, which only the network throws, and every other error is final, a
// caller's own (out of a progress callback) included.
import { UsageError } from "../errors.ts";

/** The network failed, or the server is in trouble: another attempt may bring what this one did not. Leaves only as the cause of a UsageError. */
export class ConnectionLost extends Error {}

/** fetch, with its failure as a ConnectionLost. */
export async function request(url: string, init: RequestInit): Promise<Response> {
  return fetch(url, init).catch((cause: unknown) => {
    throw new ConnectionLost(reasonOf(cause), { cause });
  });
}

/** The body of an answer as it arrives. @throws ConnectionLost where it is cut */
export async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new ConnectionLost(reasonOf(cause), { cause });
      });
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

/** Something that may need several attempts. */
export interface Effort<R> {
  readonly attempt: () => Promise<R>;
  /** A number that grows with what has been achieved, where an attempt goes on from the one before. */
  readonly progress?: () => number;
  /** Wait before the second attempt, in milliseconds; doubled for each further one that brings nothing. */
  readonly retryDelayMs: number;
}

const fruitlessAttempts = 5;
const longestWaitMs = 30_000;

/**
 * Calls `attempt` until it succeeds, throws anything but a ConnectionLost, or five attempts in a row bring nothing new.
 *
 * @param what for messages
 * @throws UsageError with the last ConnectionLost as its cause
 */
export async function persist<R>(what: string, { attempt, progress = () => 0, retryDelayMs }: Effort<R>, signal?: AbortSignal): Promise<R> {
  for (let fruitless = 0; ; ) {
    const before = progress();
    try {
      return await attempt();
    } catch (cause) {
      signal?.throwIfAborted();
      if (!(cause instanceof ConnectionLost)) throw cause;
      fruitless = progress() > before ? 0 : fruitless + 1;
      if (fruitless === fruitlessAttempts) {
        throw new UsageError(`${what}: ${cause.message} (${fruitless} attempts in a row): check the connection and try again`, { cause });
      }
      await wait(Math.min(retryDelayMs * 2 ** Math.max(0, fruitless - 1), longestWaitMs), signal);
    }
  }
}

/** fetch hides what happened in the cause of a "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || String((error.cause as NodeJS.ErrnoException).code) : error.message;
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
