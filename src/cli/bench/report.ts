// The result of cria bench, as data and as a page.
import { showBytes } from "../../hub/repo-models.ts";
import { type Processor, showProcessor } from "../machine.ts";
import { printable } from "../terminal/printable.ts";
import { table } from "../terminal/table.ts";
import { showCount } from "../terminal/units.ts";
import type { MachineLimits } from "./machine-limits.ts";
import type { Figures, Sizes } from "./measure.ts";
import { type Spread, spreadOf } from "./spread.ts";
import type { TokenWork } from "./token-work.ts";

/** Medians, but for the time of the first token, which is that right after loading. */
interface Speeds {
  readonly prefillTokensPerSecond: number;
  readonly decodeTokensPerSecond: number;
  readonly firstTokenSeconds: number;
  /** Of weights, while decoding. */
  readonly decodeBytesPerSecond: number;
  readonly prefillOperationsPerSecond: number;
  /** Of the repetitions, those of the first token with warm code. */
  readonly spread: Readonly<Record<"prefillTokensPerSecond" | "decodeTokensPerSecond" | "firstTokenSeconds", Spread>>;
}

export interface BenchResult extends Speeds {
  readonly model: string;
  readonly backend: string;
  readonly threads: number;
  /** Activations were not rounded to 8 bits. */
  readonly exact: boolean;
  readonly kvType: string;
  readonly parameters: number;
  readonly sizes: Sizes;
  readonly runs: number;
  readonly loadSeconds: number;
  /** Of the whole process. */
  readonly peakMemoryBytes: number;
  readonly weightBytes: number;
  readonly limits: MachineLimits;
  readonly node: string;
  readonly processor: Processor;
}

export function speedsOf(figures: Figures, work: TokenWork): Speeds {
  const spread = {
    prefillTokensPerSecond: spreadOf(figures.prefillTokensPerSecond),
    decodeTokensPerSecond: spreadOf(figures.decodeTokensPerSecond),
    firstTokenSeconds: spreadOf(figures.firstTokenSeconds),
  };
  const { median: prefillTokensPerSecond } = spread.prefillTokensPerSecond;
  const { median: decodeTokensPerSecond } = spread.decodeTokensPerSecond;
  return {
    prefillTokensPerSecond,
    decodeTokensPerSecond,
    firstTokenSeconds: figures.coldFirstTokenSeconds,
    decodeBytesPerSecond: decodeTokensPerSecond * work.bytesRead,
    prefillOperationsPerSecond: prefillTokensPerSecond * work.operations,
    spread,
  };
}

export function reportOf(result: BenchResult): string {
  const { sizes, spread, limits } = result;
  const row = (what: string, { min, median, max }: Spread, digits: number, remark: string): string[] => [
    what,
    ...[median, min, max].map((value) => value.toFixed(digits)),
    remark,
  ];
  const part = (value: number, limit: number, unit: string): string =>
    `${(value / 1e9).toFixed(1)} ${unit}, ${((100 * value) / limit).toFixed(0)}% of ${(limit / 1e9).toFixed(0)}`;
  const operations = part(result.prefillOperationsPerSecond, limits.operationsPerSecond, "GFLOP/s");
  const bytes = part(result.decodeBytesPerSecond, limits.bytesPerSecond, "GB/s");
  const count = (n: number, thing: string): string => `${n} ${thing}${n === 1 ? "" : "s"}`;
  const how = [
    `${result.backend} backend`,
    ...(result.exact ? ["exact"] : []),
    ...(result.kvType === "f32" ? [] : [`keys and values in ${result.kvType}`]),
    ...[count(result.threads, "thread"), `Node ${result.node}`, showProcessor(result.processor), count(result.processor.cores, "core")],
  ];
  return `${printable(result.model)}: ${showCount(result.parameters)} parameters, weights of ${showBytes(result.weightBytes)}
${how.join(", ")}

${table(
  [
    [`of ${result.runs}`, "median", "min", "max", ""],
    row(`prefill of ${sizes.prompt}, tokens/s`, spread.prefillTokensPerSecond, 1, operations),
    row(`decode of ${sizes.decode}, tokens/s`, spread.decodeTokensPerSecond, 1, bytes),
    row(
      `first token after ${sizes.shortPrompt}, s`,
      spread.firstTokenSeconds,
      3,
      `${result.firstTokenSeconds.toFixed(3)} right after loading`,
    ),
  ],
  [1, 2, 3],
)}

loaded in ${result.loadSeconds.toFixed(2)} s, peak memory ${showBytes(result.peakMemoryBytes)}`;
}
