// Bytes of a URL through Range requests: only what is asked for is transferred, redirects are followed by fetch, and a connection that is cut is
// taken up where it ended. The first answer tells the size; every later one must agree with it, so that no tensor is put together from two
// versions of a file.
import { FormatError, UnsupportedError, UsageError } from "../errors.ts";
import { ConnectionLost, chunksOf, persist, request } from "./connection.ts";
import { siblingName } from "./file-name.ts";
import { firstReadBytes } from "./limits.ts";
import { type ByteSource, MissingFileError, requireRange } from "./source.ts";

/** What identifies a version of the file; servers may leave the tags out. */
interface Version {
  readonly size: number;
  readonly etag: string | null;
}

/** Bytes from `offset` on, of which the first `done` are here. */
interface Piece {
  readonly offset: number;
  /** As many as are asked for; fewer, once the version is known, where the file ends before. */
  bytes: Uint8Array;
  done: number;
  /** Undefined before the first answer. */
  version: Version | undefined;
}

/** @param retryDelayMs wait before a cut connection is taken up again, doubled while nothing arrives @throws UsageError, with the cause where the network failed */
export async function openUrl(url: string, signal?: AbortSignal, retryDelayMs = 500): Promise<ByteSource> {
  // Keeps what the first request brings: it holds the whole header of most files.
  const head = { offset: 0, bytes: new Uint8Array(firstReadBytes), done: 0, version: undefined };
  const version = await complete(url, head, retryDelayMs, signal);
  const { bytes } = head;
  return {
    name: url,
    size: version.size,
    async read(offset, length, signal) {
      signal?.throwIfAborted();
      requireRange({ name: url, size: version.size }, offset, length);
      if (length === 0 || offset + length <= bytes.length) return bytes.slice(offset, offset + length);
      const piece = { offset, bytes: new Uint8Array(length), done: 0, version };
      await complete(url, piece, retryDelayMs, signal);
      return piece.bytes;
    },
    sibling: async (name, signal) => openUrl(new URL(encodeURIComponent(siblingName(name, url)), url).href, signal, retryDelayMs),
    async close() {},
  };
}

/** Fills the piece, with as many connections as it takes. */
async function complete(url: string, piece: Piece, retryDelayMs: number, signal?: AbortSignal): Promise<Version> {
  return persist(url, { attempt: () => fetchRest(url, piece, signal), progress: () => piece.done, retryDelayMs }, signal);
}

/** One connection, for what the piece lacks. @throws ConnectionLost when it ends too early */
async function fetchRest(url: string, piece: Piece, signal?: AbortSignal): Promise<Version> {
  const first = piece.offset + piece.done;
  const last = piece.offset + piece.bytes.length - 1;
  const response = await request(url, { headers: { Range: `bytes=${first}-${last}` }, signal }).catch((cause: ConnectionLost) => {
    if (piece.version) throw cause;
    throw new UsageError(`${url}: cannot be reached: ${cause.message}`, { cause }); // a wrong address, most often: said at once
  });
  try {
    const version = versionOf(url, response, first, last);
    if (piece.version === undefined) piece.bytes = new Uint8Array(Math.min(piece.bytes.length, version.size - piece.offset));
    else checkSame(url, first, piece.version, version);
    piece.version = version;
    await readBody(url, response, piece);
    return version;
  } finally {
    // Whatever was not read is not wanted; without this the connection stays busy with it.
    await response.body?.cancel().catch(() => {});
  }
}

/** @throws UsageError, UnsupportedError or FormatError when the answer is not the range `first` to `last` */
function versionOf(url: string, { status, statusText, headers }: Response, first: number, last: number): Version {
  const etag = headers.get("ETag");
  const contentRange = headers.get("Content-Range");
  if (status === 416 && contentRange === "bytes */0") return { size: 0, etag };
  if (status === 200) throw new UnsupportedError(`${url}: the server ignores Range requests: download the file and open it from disk`);
  if (status !== 206) {
    const Refusal = status === 404 || status === 410 ? MissingFileError : UsageError;
    throw new Refusal(`${url}: the server answered ${status} ${statusText}`.trimEnd());
  }
  return { size: agreedSize(url, contentRange, first, last), etag };
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

function checkSame(url: string, at: number, { size, etag }: Version, now: Version): void {
  if (now.size === size && now.etag === etag) return;
  throw new FormatError(
    `${url}: byte ${at}: the file changed on the server while it was read (${size} bytes, tag ${etag}; now ${now.size}, ${now.etag}): open it again`,
  );
}

async function readBody(url: string, response: Response, piece: Piece): Promise<void> {
  const { offset, bytes } = piece;
  let cause: unknown;
  try {
    for await (const chunk of chunksOf(response)) {
      if (piece.done + chunk.length > bytes.length)
        throw new FormatError(`${url}: byte ${offset}: the server sent more than the ${bytes.length} bytes asked for`);
      bytes.set(chunk, piece.done);
      piece.done += chunk.length;
    }
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
    cause = error;
  }
  const missing = bytes.length - piece.done;
  if (missing > 0)
    throw new ConnectionLost(`byte ${offset + piece.done}: the connection ended with ${missing} bytes still to come`, { cause });
}
