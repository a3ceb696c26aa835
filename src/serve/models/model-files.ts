// What the files of models say of themselves, for lists: each is read once, and again when it has changed.
import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { chatTemplateOf } from "../../chat/template-of.ts";
import { sentenceOf } from "../../errors.ts";
import { ggufFileTypes } from "../../formats/gguf/file-types.ts";
import type { GgufValue } from "../../formats/index.ts";
import { type FileFacts, fileFacts, openWhatWorks } from "../../model/file-facts.ts";
import { modelMetadata } from "../../model/gguf-export.ts";
import type { KnownModel } from "./registry.ts";

export interface ModelFile {
  /** The folder of a checkpoint. */
  readonly isFolder: boolean;
  /** Bytes. */
  readonly size: number;
  readonly modifiedAt: Date;
  /** Of where it stands, its size and its time: it changes when the file does. SHA-256 in hexadecimal digits. */
  readonly digest: string;
  /** Undefined for a file that cannot be read. */
  readonly facts: FileFacts | undefined;
  /** "Q4_K_M": as the file says, or what most of it is. */
  readonly quantisation: string | undefined;
  readonly chatTemplate: string | undefined;
  /** Under GGUF's names; lists are left out, they may have a hundred thousand entries. */
  readonly metadata: ReadonlyMap<string, string | number | boolean | null>;
}

export interface ModelFiles {
  describe(model: Pick<KnownModel, "place">): Promise<ModelFile>;
}

/** Descriptions that are kept; a machine has some dozens of models. */
const KEPT = 1000;

export function createModelFiles(): ModelFiles {
  const known = new Map<string, Promise<ModelFile>>();
  return {
    async describe({ place }) {
      const found = typeof place === "string" ? await stat(place).catch(() => undefined) : undefined;
      const digest = createHash("sha256")
        .update(JSON.stringify([place, found?.size, found?.mtime]))
        .digest("hex");
      const described = known.get(digest) ?? describe(place, found, digest);
      known.delete(digest);
      known.set(digest, described);
      if (known.size > KEPT) known.delete(known.keys().next().value!);
      return described;
    },
  };
}

async function describe(place: string | URL, found: Stats | undefined, digest: string): Promise<ModelFile> {
  const outside = { isFolder: found?.isDirectory() ?? false, modifiedAt: found?.mtime ?? new Date(0), digest };
  const fileSize = found?.isFile() ? found.size : undefined;
  try {
    const opened = await openWhatWorks(place);
    try {
      const { gguf, checkpoint } = opened;
      const facts = fileFacts(opened);
      const metadata = gguf?.metadata ?? (checkpoint ? modelMetadata(checkpoint.config) : new Map<string, GgufValue>());
      return {
        ...outside,
        size: fileSize ?? facts.types.reduce((sum, { bytes }) => sum + bytes, 0),
        facts,
        quantisation: nameOfType(gguf?.metadata.get("general.file_type")?.value) ?? facts.types[0]?.type,
        chatTemplate: checkpoint && (await chatTemplateOf(checkpoint)),
        metadata: new Map([...metadata].map(([key, { value }]) => [key, plain(value)])),
      };
    } finally {
      await opened.file.close();
    }
  } catch (error) {
    if (sentenceOf(error) === undefined) throw error;
    return { ...outside, size: fileSize ?? 0, facts: undefined, quantisation: undefined, chatTemplate: undefined, metadata: new Map() };
  }
}

function nameOfType(number: unknown): string | undefined {
  return Object.entries(ggufFileTypes).find(([, each]) => each === number)?.[0];
}

function plain(value: unknown): string | number | boolean | null {
  if (typeof value === "bigint") return Number(value);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}
