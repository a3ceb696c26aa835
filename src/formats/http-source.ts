// Bytes of a URL through Range requests: only what is asked for is transferred, redirects are followed by fetch.
// The first response tells the size; every later one must agree with it, so that no tensor is put together from two versions of a file.
import { FormatError, UnsupportedError, UsageError } from "../errors.ts";
import { firstReadBytes } from "./limits.ts";
import { siblingName } from "./sibling-name.ts";
import { type ByteSource, requireRange } from "./source.ts";

/** What identifies a version of the file; servers may leave the tags out. */
interface Version {
  readonly size: number;
  readonly etag: string | null;
}

interface Piece {
  readonly version: Version;
  readonly bytes: Uint8Array;
}

export async function openUrl(url: string, signal?: AbortSignal): Promise<ByteSource> {
  // Keeps what the first request brings: it holds the whole header of most files.
  const head = await fetchRange(url, 0, firstReadBytes, signal);
  const { size, etag } = head.version;
  return {
    name: url,
    size,
    async read(offset, length, signal) {
      signal?.throwIfAborted();
      requireRange({ name: url, size }, offset, length);
      if (length === 0 || offset + length <= head.bytes.length) return head.bytes.slice(offset, offset + length);
      const { version, bytes } = await fetchRange(url, offset, length, signal);
      if (version.size !== size || version.etag !== etag) {
        throw new FormatError(
          `${url}: byte ${offset}: the file changed on the server while it was read (${size} bytes, tag ${etag}; now ${version.size}, ${version.etag}): open it again`,
        );
      }
      return bytes;
    },
    sibling: async (name) => openUrl(new URL(encodeURIComponent(siblingName(name, url)), url).href),
    async close() {},
  };
}

/** At most `length` bytes from `offset` on, fewer only at the end of the file. */
async function fetchRange(url: string, offset: number, length: number, signal?: AbortSignal): Promise<Piece> {
  const last = offset + length - 1;
  const response = await request(url, { headers: { Range: `bytes=${offset}-${last}` }, signal });
  const etag = response.headers.get("ETag");
  const contentRange = response.headers.get("Content-Range");
  try {
    if (response.status === 416 && contentRange === "bytes */0") return { version: { size: 0, etag }, bytes: new Uint8Array(0) };
    if (response.status === 200)
      throw new UnsupportedError(`${url}: the server ignores Range requests: download the file and open it from disk`);
    if (response.status !== 206) throw new UsageError(`${url}: the server answered ${response.status} ${response.statusText}`.trimEnd());
    const size = agreedSize(url, contentRange, offset, last);
    const bytes = await readBody(url, response, offset, Math.min(length, size - offset), signal);
    return { version: { size, etag }, bytes };
  } finally {
    // Whatever was not read is not wanted; without this the connection stays busy with it.
    await response.body?.cancel().catch(() => {});
  }
}

/** Size of the whole file from `Content-Range: bytes FIRST-LAST/SIZE`, once it is what was asked for. */
function agreedSize(url: string, contentRange: string | null, first: number, last: number): number {
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(contentRange ?? "");
  if (!match) {
    const seen = contentRange === null ? "no Content-Range header (or hides it from scripts)" : `Content-Range "${contentRange}"`;
    throw new UnsupportedError(
      `${url}: the server sent ${seen}, expected "bytes ${first}-${last}/SIZE": download the file and open it from disk`,
    );
  }
  const [from, to, size] = match.slice(1).map(Number);
  if (from !== first || to !== Math.min(last, size - 1) || !Number.isSafeInteger(size)) {
    throw new FormatError(`${url}: byte ${first}: the server sent Content-Range "${contentRange}", expected "bytes ${first}-${last}/SIZE"`);
  }
  return size;
}

async function readBody(url: string, response: Response, offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  const reader = response.body?.getReader();
  try {
    for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read()) {
      if (done + chunk.value.length > length)
        throw new FormatError(`${url}: byte ${offset}: the server sent more than the ${length} bytes asked for`);
      bytes.set(chunk.value, done);
      done += chunk.value.length;
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof FormatError) throw cause;
    throw cutOff(url, offset + done, length - done, cause);
  } finally {
    reader?.releaseLock();
  }
  if (done < length) throw cutOff(url, offset + done, length - done);
  return bytes;
}

function cutOff(url: string, at: number, missing: number, cause?: unknown): FormatError {
  return new FormatError(`${url}: byte ${at}: the connection ended with ${missing} bytes still to come: try again`, { cause });
}

async function request(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    init.signal?.throwIfAborted();
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw new UsageError(`${url}: cannot be reached: ${reason}`, { cause });
  }
}
