// The result of cria data as people read it: what is left after each step, what was dropped, and why.
import { showBytes } from "../../hub/repo-models.ts";
import type { SkippedFile } from "../../train/data/find-files.ts";
import type { DataReport } from "../../train/data/report.ts";
import { printable } from "../terminal/printable.ts";
import { table } from "../terminal/table.ts";
import { showCount } from "../terminal/units.ts";

const excerptLength = 60;

export function reportOf({ steps, sources, dropped, skippedFiles, near, lines, train, val }: DataReport, out: string): string {
  const rules = Object.entries(dropped).sort(([, a], [, b]) => b.documents - a.documents);
  const parts = [
    table(
      [["", "documents", "text"], ...steps.map(({ step, documents, bytes }) => [step, showCount(documents), showBytes(bytes)])],
      [1, 2],
    ),
    table(
      [
        ["source", "files", "to train on", "epochs", "share"],
        ...sources.map(({ name, files, kept, epochs, share }) => [
          printable(name),
          showCount(files),
          showBytes(kept.bytes),
          epochs.toFixed(2),
          `${(100 * share).toFixed(1)}%`,
        ]),
      ],
      [1, 2, 3, 4],
    ),
    ...(rules.length === 0
      ? []
      : [
          table(
            [
              ["dropped", "documents", "for example"],
              ...rules.map(([rule, { documents, examples }]) => {
                const [{ value, limit, excerpt }] = examples;
                const measured = typeof value === "number" ? Number(value.toPrecision(3)) : value;
                return [rule, showCount(documents), `${measured}, ${limit}: ${printable(excerpt.slice(0, excerptLength))}`];
              }),
            ],
            [1],
          ),
        ]),
    [
      near.examples.length > 0
        ? `near-copy, for example: ${printable(near.examples[0].id)} of ${printable(near.examples[0].of)}`
        : undefined,
      lines.examples.length > 0
        ? `frequent lines removed: ${showCount(lines.removed)}, from ${showCount(lines.documents)} documents (--skip lines keeps them); for example: ${printable(lines.examples[0].slice(0, excerptLength))}`
        : undefined,
      skippedFiles.length > 0 ? skippedFilesLine(skippedFiles) : undefined,
      `${showCount(train.documents)} documents (${showBytes(train.bytes)}) in ${train.shards.length} shards to train on, ${showCount(val.documents)} (${showBytes(val.bytes)}) to validate with; ${printable(out)}/report.html shows more`,
    ]
      .filter((line) => line !== undefined)
      .join("\n"),
  ];
  return parts.join("\n\n");
}

/** @param skipped at least one */
export function skippedFilesLine(skipped: readonly SkippedFile[]): string {
  const [{ path, reason }] = skipped;
  const count = skipped.length === 1 ? "1 file was" : `${showCount(skipped.length)} files were`;
  return `${count} not read, such as ${printable(path)}: ${reason}`;
}
