// Columns of text.

/**
 * Lines without a line break at the end; the last column is not padded.
 *
 * @param right columns whose cells stand at their right edge: numbers
 */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  const cellAt = (cell: string, i: number): string => (right.includes(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]));
  return rows.map((row) => row.map(cellAt).join("  ").trimEnd()).join("\n");
}
