// One request to the hub: the token goes to the endpoint's own origin only, and a silent connection is cut.
import { UsageError } from "../errors.ts";
import { chunksOf, request } from "../formats/connection.ts";

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
 * @param read gets the answer, and its body as it arrives
 * @throws ConnectionLost when the connection fails
 */
export async function get<R>(
  hub: Hub,
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal | undefined,
  read: (response: Response, body: AsyncIterable<Uint8Array>) => Promise<R>,
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
    response = await request(url, {
      // Bytes as they are stored: ranges and lengths of a compressed answer would be those of the compressed bytes.
      headers: { "Accept-Encoding": "identity", ...headers, ...(mayKnowToken && { Authorization: `Bearer ${hub.token}` }) },
      signal: signal ? AbortSignal.any([signal, idle.signal]) : idle.signal,
    });
    alive();
    return await read(response, heard(chunksOf(response), alive));
  } finally {
    clearTimeout(timer);
    await response?.body?.cancel().catch(() => {}); // what was not read is not wanted
  }
}

async function* heard(chunks: AsyncIterable<Uint8Array>, alive: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    alive();
    yield chunk;
  }
}

/** Statuses that pass: too many requests, and a server in trouble. */
export function isPassing(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}
