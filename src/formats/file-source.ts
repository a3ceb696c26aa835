// Bytes of a file on disk, read where they are needed through one open handle. Node only; browsers have Blobs and URLs.
import { FormatError, UsageError } from "../errors.ts";
import { siblingName } from "./file-name.ts";
import { type ByteSource, MissingFileError, requireRange } from "./source.ts";

/** @param path of a regular file @throws UsageError when there is none */
export async function openFile(path: string): Promise<ByteSource> {
  const { fs, dirname, join } = nodeModules(path);
  // Looked at before it is opened: opening a pipe would wait for a writer.
  const found = await fs.stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") throw new MissingFileError(`${path}: no such file`, { cause });
    throw new UsageError(`${path}: ${cause.message}`, { cause });
  });
  if (!found.isFile()) throw new UsageError(`${path}: is ${found.isDirectory() ? "a folder" : "not a regular file"}, expected a file`);
  const handle = await fs.open(path, "r").catch((cause: Error) => {
    throw new UsageError(`${path}: cannot be opened: ${cause.message}`, { cause });
  });

  const source: ByteSource = {
    name: path,
    size: found.size,
    async read(offset, length, signal, into) {
      signal?.throwIfAborted();
      requireRange(source, offset, length);
      const bytes = into ?? new Uint8Array(length);
      for (let done = 0; done < length; ) {
        signal?.throwIfAborted();
        const { bytesRead } = await handle.read(bytes, done, length - done, offset + done).catch((cause: Error) => {
          throw new UsageError(`${path}: byte ${offset + done}: cannot be read: ${cause.message}`, { cause });
        });
        if (bytesRead === 0) throw new FormatError(`${path}: byte ${offset + done}: the file became shorter while it was read`);
        done += bytesRead;
      }
      return bytes;
    },
    sibling: async (name) => openFile(join(dirname(path), siblingName(name, path))),
    close: () => handle.close(),
  };
  return source;
}

/** `path` itself, or the first of `names` that stands in it when it is a folder. Where there are no folders (a URL, a browser), `path`. */
export async function fileInFolder(path: string, names: readonly string[]): Promise<string> {
  if (/^[a-z]+:\/\//i.test(path)) return path;
  const { fs, join } = nodeModules(path);
  const entries = await fs.readdir(path).catch(() => undefined); // not a folder: openFile says whatever else is wrong with it
  if (entries === undefined) return path;
  const name = names.find((candidate) => entries.includes(candidate));
  if (name === undefined) throw new UsageError(`${path}: the folder holds none of ${names.join(", ")}`);
  return join(path, name);
}

type NodeModules = Pick<typeof import("node:path"), "dirname" | "join"> & { fs: typeof import("node:fs/promises") };

function nodeModules(path: string): NodeModules {
  if (typeof process === "undefined" || !process.versions?.node) {
    throw new UsageError(`${path}: paths can be opened in Node only: give a URL (https://...), a Blob or a File`);
  }
  const { dirname, join } = process.getBuiltinModule("node:path");
  return { fs: process.getBuiltinModule("node:fs/promises"), dirname, join };
}
