// From raw texts to training data. Documents are read, cleaned and judged one by one and go into parts on disk; then they are compared with each other
// by their hashes; then those that are left are mixed and written. A run that was ended goes on after its last part, or its last shard.
import { createRng } from "../../tensor/rng.ts";
import { cleanSources } from "./clean-sources.ts";
import { type Compared, compare, wholeColumn } from "./compare.ts";
import { fates } from "./dedup/find-duplicates.ts";
import type { FrequentLines } from "./dedup/frequent-lines.ts";
import { findSource, type Source } from "./find-files.ts";
import { checkMixture, epochsOf, isForValidation, mixOrder, shuffle } from "./mix.ts";
import { openParts, type Part, type PartReader } from "./parts.ts";
import type { DataReport, DataSettings, SideReport } from "./report.ts";
import { reportPage } from "./report-page.ts";
import { planShards, type Shard, writeShards } from "./shards.ts";
import { addTallies, type Count, emptyTally, totalOf } from "./tally.ts";
import { finish, openWorkFolder, requireOutside } from "./work-folder.ts";

export interface DataOptions extends DataSettings {
  /** Files, folders, patterns. */
  readonly sources: readonly string[];
  /** The folder of the result. */
  readonly out: string;
  /** Threads that clean documents, beside this one; 0: this one does. The result is the same. */
  readonly workers: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DataProgress) => void;
}

export interface DataProgress {
  /** Bytes that are read, parts of a whole that are compared, documents that are written. */
  readonly phase: "clean" | "compare" | "write";
  readonly done: number;
  readonly total: number;
}

/**
 * Prepares training data in a folder: shards of JSONL, report.json and report.html.
 *
 * @throws UsageError for sources that are not there, settings that do not fit and disks that are full; FormatError, UnsupportedError for files that
 *   cannot be read; the signal's reason
 */
export async function prepareData(options: DataOptions): Promise<DataReport> {
  const { sources: names, out, workers, signal, onProgress = () => {} } = options;
  const settings = settingsOf(options);
  checkMixture(settings.mixture, names.length);
  requireOutside(out, names);
  const sources: Source[] = [];
  for (const name of names) sources.push(await findSource(name, settings.field, signal));
  const work = await openWorkFolder(out, sources, settings);
  if (work.report) return work.report;

  const parts = await cleanSources(sources, work.path, settings, {
    ...{ workers, signal },
    onProgress: (done, total) => onProgress({ phase: "clean", done, total }),
  });
  const reader = await openParts(work.path, parts);
  try {
    const compared = await compare(reader, settings, { signal, onProgress: (done) => onProgress({ phase: "compare", done, total: 1 }) });
    const mixed = await mix(reader, compared, sources, settings);
    await write(reader, compared.frequent, mixed, options);
    const report = reportOf(sources, settings, parts, compared, mixed);
    await finish(out, work, sources, settings, report, reportPage(report));
    return report;
  } finally {
    await reader.close();
  }
}

function settingsOf(options: DataOptions): DataSettings {
  const { field, minWords, languages, skip, lineRepeats, resemblance, validation, seed, mixture } = options;
  return { field, minWords, languages, skip, lineRepeats, resemblance, validation, seed, mixture };
}

interface Mixed {
  readonly epochs: readonly number[];
  /** For training, of each source, each document once. */
  readonly kept: readonly Count[];
  /** The same with repeats. */
  readonly seen: readonly Count[];
  readonly train: readonly Shard[];
  readonly val: readonly Shard[];
  readonly sides: { readonly train: Count; readonly val: Count };
}

async function mix(reader: PartReader, { fate, bytes }: Compared, sources: readonly Source[], settings: DataSettings): Promise<Mixed> {
  const sourceOf = await wholeColumn(reader, "sources");
  const sides = { train: [] as number[], val: [] as number[] };
  for await (const { first, values } of reader.column("hashes")) {
    for (let i = 0; i < values.length; i += 2) {
      const number = first + i / 2;
      if (fate[number] === fates.kept) sides[isForValidation(values[i], settings.validation) ? "val" : "train"].push(number);
    }
  }
  // A text or two may all be drawn for validation: there is nothing to validate without training.
  if (sides.train.length === 0) sides.train.push(...sides.val.splice(0));
  const count = (numbers: ArrayLike<number>): Count[] => {
    const counts = sources.map(() => ({ documents: 0, bytes: 0 }));
    for (let i = 0; i < numbers.length; i++) {
      counts[sourceOf[numbers[i]]].documents++;
      counts[sourceOf[numbers[i]]].bytes += bytes[numbers[i]];
    }
    return counts;
  };
  const kept = count(sides.train);
  const names = sources.map(({ name }) => name);
  const epochs = epochsOf(
    kept.map((source) => source.bytes),
    settings.mixture,
    names,
  );
  const rng = createRng(settings.seed);
  const numbers = Uint32Array.from(sides.train);
  const order = mixOrder({ numbers, sources: numbers.map((n) => sourceOf[n]), bytes: numbers.map((n) => bytes[n]) }, epochs, rng);
  const size = (number: number): number => bytes[number];
  return {
    ...{ epochs, kept },
    seen: count(order),
    train: planShards("train", order, size),
    val: planShards("val", shuffle(Uint32Array.from(sides.val), rng), size),
    sides: { train: totalOf(count(order)), val: totalOf(count(sides.val)) },
  };
}

async function write(reader: PartReader, frequent: FrequentLines, { train, val, sides }: Mixed, options: DataOptions): Promise<void> {
  const { out, signal, onProgress = () => {} } = options;
  const total = sides.train.documents + sides.val.documents;
  let done = 0;
  await writeShards(out, [...val, ...train], {
    signal,
    document: async (number) => {
      const document = await reader.document(number);
      return frequent.stand(number) ? { ...document, text: frequent.remove(document.text).text } : document;
    },
    onDocuments: (count) => {
      done += count;
      onProgress({ phase: "write", done, total });
    },
  });
}

function reportOf(
  sources: readonly Source[],
  settings: DataSettings,
  parts: readonly Part[],
  { duplicates, copies, near, lines }: Compared,
  { epochs, kept, seen, train, val, sides }: Mixed,
): DataReport {
  const tally = parts.map((part) => part.tally).reduce(addTallies, emptyTally(sources.length));
  const passed = totalOf(tally.passed);
  const without = (count: Count, { documents, bytes }: Count): Count => ({
    documents: count.documents - documents,
    bytes: count.bytes - bytes,
  });
  const different = without(passed, copies);
  const unlike = without(different, near);
  const left = totalOf([...kept, sides.val]);
  const side = (count: Count, shards: readonly Shard[]): SideReport => ({ ...count, shards: shards.map(({ name }) => name) });
  return {
    settings,
    sources: sources.map(({ name, files }, i) => ({
      ...{ name, files: files.length, read: tally.read[i], kept: kept[i], epochs: epochs[i] },
      share: sides.train.bytes === 0 ? 0 : seen[i].bytes / sides.train.bytes,
    })),
    steps: [
      { step: "read", ...totalOf(tally.read) },
      { step: "normalised", documents: tally.normalised.documents, bytes: tally.normalised.bytes },
      { step: "passed the rules", ...passed },
      { step: "without copies", ...different },
      { step: "without near-copies", ...unlike },
      { step: "without frequent lines", ...left },
    ],
    dropped: tally.dropped,
    copies: { ...copies, examples: duplicates.copies },
    near: { ...near, examples: duplicates.near },
    lines,
    skippedFiles: sources.flatMap(({ skipped }) => skipped),
    train: side(sides.train, train),
    val: side(sides.val, val),
    words: tally.words,
  };
}
