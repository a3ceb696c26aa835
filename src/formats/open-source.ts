// From what a user names (path, URL, Blob, File) to a ByteSource.
import { UsageError } from "../errors.ts";
import { openBlob } from "./blob-source.ts";
import { openFile } from "./file-source.ts";
import { openUrl } from "./http-source.ts";
import type { ByteSource } from "./source.ts";

/** What the readers open; a ByteSource is passed through, and closed by whoever opened a file with it. */
export type SourceLike = string | URL | Blob | ByteSource;

/**
 * Opens a file for reading at any place. Strings are paths, except those that begin with http://, https:// or file://.
 * Servers must support Range requests.
 *
 * @throws MissingFileError, a UsageError, when there is no such file, UsageError when it cannot be opened, UnsupportedError when a server does not do Range requests
 */
export async function openSource(source: SourceLike, signal?: AbortSignal): Promise<ByteSource> {
  signal?.throwIfAborted();
  if (source instanceof Blob) return openBlob(source);
  if (typeof source !== "string" && !(source instanceof URL)) return source;
  const { protocol, href } = asUrl(source) ?? {};
  if (href === undefined) return openFile(String(source));
  if (protocol === "file:") {
    const { fileURLToPath } = process.getBuiltinModule("node:url");
    return openFile(fileURLToPath(href));
  }
  return openUrl(href, signal);
}

function asUrl(source: string | URL): URL | undefined {
  if (source instanceof URL) return source;
  if (!/^(https?|file):\/\//i.test(source)) return undefined;
  if (!URL.canParse(source)) throw new UsageError(`${source}: is not a valid URL`);
  return new URL(source);
}
