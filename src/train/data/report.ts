// What a run did, step by step, with examples of what was dropped and why. It holds no times, so the same input gives the same report.
import type { Likeness } from "./dedup/find-duplicates.ts";
import type { SkippedFile } from "./find-files.ts";
import type { Count, Dropped } from "./tally.ts";

export interface DataReport {
  readonly settings: DataSettings;
  readonly sources: readonly SourceReport[];
  /** What is left after each step. */
  readonly steps: readonly (Count & { readonly step: string })[];
  /** By rule of quality. */
  readonly dropped: Readonly<Record<string, Dropped>>;
  readonly copies: Count & { readonly examples: readonly Likeness[] };
  readonly near: Count & { readonly examples: readonly Likeness[] };
  readonly lines: LinesReport;
  readonly skippedFiles: readonly SkippedFile[];
  readonly train: SideReport;
  readonly val: SideReport;
  /** Documents after the rules of quality: place i counts those with 2^i to 2^(i+1) - 1 words. */
  readonly words: readonly number[];
}

/** What the result depends on, beside the sources. */
export interface DataSettings {
  readonly field: string;
  readonly minWords: number;
  readonly languages: readonly string[];
  readonly skip: readonly Step[];
  /** How often a line may stand. */
  readonly lineRepeats: number;
  /** From which on documents are near-duplicates. */
  readonly resemblance: number;
  /** Share of documents that are kept apart. */
  readonly validation: number;
  readonly seed: number;
  readonly mixture: { readonly kind: "epochs" | "weights"; readonly values: readonly number[] } | undefined;
}

/** Steps that can be left out. */
export const steps = ["unwrap", "quality", "near", "lines"] as const;
export type Step = (typeof steps)[number];

export interface SourceReport {
  readonly name: string;
  readonly files: number;
  readonly read: Count;
  /** For training, each document once. */
  readonly kept: Count;
  readonly epochs: number;
  /** Of the bytes of the training data. */
  readonly share: number;
}

export interface LinesReport {
  /** Different lines that stood too often. */
  readonly different: number;
  readonly removed: number;
  readonly bytes: number;
  /** Documents that lost a line, and those of which too little was left. */
  readonly documents: number;
  readonly emptied: number;
  readonly examples: readonly string[];
}

export interface SideReport extends Count {
  readonly shards: readonly string[];
}
