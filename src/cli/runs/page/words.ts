// Numbers as a plot and its tables write them.

/** 950, 12.3k, 9.05M: three digits and a unit of thousands. */
export function compact(value: number): string {
  const size = Math.abs(value);
  const [unit, name] = size >= 999_500_000 ? [1e9, "B"] : size >= 999_500 ? [1e6, "M"] : size >= 10_000 ? [1e3, "k"] : [1, ""];
  return `${Number((value / unit).toPrecision(unit === 1 ? 4 : 3)).toLocaleString("en-US")}${name}`;
}

/** 3.0e-4 */
export function scientific(value: number): string {
  return value === 0 ? "0" : value.toExponential(1);
}

/** Four digits; small ones as 3.0e-4. */
export function precise(value: number): string {
  const size = Math.abs(value);
  if (size < 0.001) return scientific(value);
  return size >= 1000 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(4);
}

/** What stands where nothing is known. */
export const nothing = "-";

export function orNothing(value: number | null, show: (value: number) => string): string {
  return value === null ? nothing : show(value);
}
