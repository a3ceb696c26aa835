// One file from the hub into a part file on disk: resumed where it stopped, by this process or an earlier one, and hashed as it arrives.
// The part file holds nothing but the beginning of the file, so its length says where to go on; only a complete one with the right hash is
// ever renamed, by the caller.
import type { Hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { FormatError } from "../errors.ts";
import { ConnectionLost, persist } from "../formats/connection.ts";
import { diskError } from "./environment.ts";
import { type Digest, refusal } from "./hub-api.ts";
import type { HubRef } from "./model-ref.ts";
import { get, type Hub } from "./request.ts";

export interface Download {
  readonly url: string;
  /** Where the bytes are collected. The folder exists. */
  readonly part: string;
  readonly size: number;
  readonly digest: Digest;
  /** What the file belongs to, for messages. */
  readonly model: HubRef;
  /** Bytes now on disk, after each change: less than before when a file has to be fetched anew. */
  readonly onBytes: (done: number) => void;
}

/** An open part file: what it holds so far, the hash of that, and the version of the file on the server that it came from. */
interface Part {
  readonly handle: FileHandle;
  done: number;
  hash: Hash;
  /** A strong ETag, seen in this run. */
  etag: string | undefined;
}

/**
 * Completes a part file and verifies it. A hash that does not match empties the part and is given one more try: the beginning may come from
 * an older run.
 * @throws UsageError when the server or the disk refuses; FormatError when what arrives is not what the hub announced
 */
export async function download(hub: Hub, file: Download, signal?: AbortSignal): Promise<void> {
  const part = await openPart(file, signal);
  try {
    const missing = { attempt: () => fetchRest(hub, file, part, signal), progress: () => part.done, retryDelayMs: hub.retryDelayMs };
    let actual = "";
    for (let tries = 0; tries < 2; tries++) {
      file.onBytes(part.done);
      await persist(file.url, missing, signal);
      actual = part.hash.digest("hex");
      if (actual === file.digest.hex) return await sync(file, part);
      await rewind(file, part);
    }
    throw new FormatError(
      `${file.url}: arrived with ${file.digest.algorithm} ${actual}, the hub announced ${file.digest.hex}: nothing was kept, try again later`,
    );
  } finally {
    await part.handle.close();
  }
}

async function openPart(file: Download, signal?: AbortSignal): Promise<Part> {
  const { constants, open } = process.getBuiltinModule("node:fs/promises");
  const handle = await open(file.part, constants.O_RDWR | constants.O_CREAT).catch((cause) => {
    throw diskError(file.part, cause);
  });
  const part: Part = { handle, done: 0, hash: startHash(file), etag: undefined };
  try {
    if ((await handle.stat()).size > file.size) await rewind(file, part);
    const buffer = new Uint8Array(2 ** 20);
    for (let { size: rest } = await handle.stat(); rest > 0; ) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, rest), part.done);
      if (bytesRead === 0) break;
      part.hash.update(buffer.subarray(0, bytesRead));
      part.done += bytesRead;
      rest -= bytesRead;
    }
    return part;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function startHash({ digest, size }: Download): Hash {
  const { createHash } = process.getBuiltinModule("node:crypto");
  // Git hashes a blob with its kind and length in front of it.
  return digest.algorithm === "sha256" ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
}

async function rewind(file: Download, part: Part): Promise<void> {
  await part.handle.truncate(0);
  Object.assign(part, { done: 0, hash: startHash(file), etag: undefined });
  file.onBytes(0);
}

/** One connection. @throws ConnectionLost when another connection may bring what this one did not. */
async function fetchRest(hub: Hub, file: Download, part: Part, signal?: AbortSignal): Promise<void> {
  if (part.done === file.size) return;
  const headers: Record<string, string> =
    part.done === 0 ? {} : { Range: `bytes=${part.done}-`, ...(part.etag && { "If-Range": part.etag }) };
  await get(hub, file.url, headers, signal, async (response, body) => {
    await agreeOnStart(hub, file, part, response);
    for await (const chunk of body) {
      if (part.done + chunk.length > file.size)
        throw new FormatError(`${file.url}: the server sends more than the ${file.size} bytes that the hub announced`);
      await write(file, part, chunk);
    }
  });
  if (part.done < file.size) throw new ConnectionLost(`the connection ended at byte ${part.done} of ${file.size}`);
}

/** Makes sure that the body that follows continues the part, rewinding the part where the server starts over. */
async function agreeOnStart(hub: Hub, file: Download, part: Part, response: Response): Promise<void> {
  const { status, headers } = response;
  const etag = headers.get("ETag") ?? undefined;
  if (status === 416) {
    await rewind(file, part);
    throw new ConnectionLost("the server has not as many bytes as were already here");
  }
  if (status !== 200 && status !== 206) throw refusal(response, hub, file.model);
  if (status === 206 && part.etag !== undefined && etag !== undefined && etag !== part.etag) {
    await rewind(file, part);
    throw new ConnectionLost("the file changed on the server while it was fetched");
  }
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get("Content-Range") ?? "");
  const from = status === 200 ? 0 : Number(range?.[1]);
  // An answer in chunks tells no length, a compressed one the wrong one; both are counted as they arrive.
  const size =
    status === 206 ? Number(range?.[2]) : headers.has("Content-Encoding") ? file.size : Number(headers.get("Content-Length") ?? file.size);
  if (size !== file.size || (from !== 0 && from !== part.done)) {
    throw new FormatError(
      `${file.url}: the server sends bytes from ${from} of ${size}, expected from ${part.done} of ${file.size}, as the hub announced`,
    );
  }
  if (from < part.done) await rewind(file, part); // the file changed (If-Range), or the server knows no ranges
  part.etag = etag?.startsWith("W/") ? undefined : etag; // weak tags promise no equal bytes
}

/** Before the rename: a power cut must not leave the name with less than the bytes. */
async function sync(file: Download, part: Part): Promise<void> {
  await part.handle.sync().catch((cause) => {
    throw diskError(file.part, cause);
  });
}

async function write(file: Download, part: Part, chunk: Uint8Array): Promise<void> {
  try {
    for (let written = 0; written < chunk.length; ) {
      const { bytesWritten } = await part.handle.write(chunk, written, chunk.length - written, part.done + written);
      written += bytesWritten;
    }
  } catch (cause) {
    throw diskError(file.part, cause);
  }
  part.hash.update(chunk);
  part.done += chunk.length;
  file.onBytes(part.done);
}
