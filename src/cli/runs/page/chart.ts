// One plot of several runs as SVG: a band of what was measured, a line of what is smoothed, dots of what was validated.
import { type Element, element, type Markup } from "./markup.ts";
import { createScale, type Scale } from "./scale.ts";
import type { Over, Series } from "./series.ts";
import { compact } from "./words.ts";

export interface ChartOptions {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  readonly over: Over;
  readonly logX: boolean;
  readonly logY: boolean;
  /** The vertical axis begins at 0, unless it is logarithmic. */
  readonly fromZero: boolean;
  readonly show: (value: number) => string;
  /** What those hear who do not see it. */
  readonly label: string;
  /** An x at which a mark stands. */
  readonly mark?: number;
}

export interface Chart {
  readonly svg: Element;
  /** Scales to pixels of the whole drawing. */
  readonly x: Scale;
  readonly y: Scale;
  readonly frame: Frame;
}

export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const margin = { left: 52, right: 14, top: 10, bottom: 38 };

/** Colours that a style has; runs beyond them are dashed. */
export const COLOURS = 8;

/** Undefined when there is nothing to draw. */
export function drawChart(series: readonly Series[], options: ChartOptions): Chart | undefined {
  const { width, height, over, logX, logY, fromZero, show, label, mark } = options;
  const frame: Frame = {
    ...{ left: margin.left, top: margin.top },
    ...{ width: Math.max(40, width - margin.left - margin.right), height: Math.max(40, height - margin.top - margin.bottom) },
  };
  const unit = unitOf(over, Math.max(0, ...series.map(({ x }) => finite(x).at(-1) ?? 0)));
  const xDomain = domain(
    series.flatMap(({ x }) => [x.find((value) => !logX || value > 0) ?? Number.NaN, x.at(-1) ?? Number.NaN]),
    logX,
  );
  const yDomain = domain(
    series.flatMap(({ y, kind }) => within(y, kind)),
    logY,
  );
  if (!xDomain || !yDomain) return undefined;

  const [left, right] = [frame.left, frame.left + frame.width];
  const [top, bottom] = [frame.top, frame.top + frame.height];
  const first = logX ? xDomain[0] : Math.min(0, xDomain[0]);
  // In units, so that ticks are round in minutes or hours.
  const inUnits = createScale([first / unit.size, xDomain[1] / unit.size], { range: [left, right], log: logX, ticks: frame.width / 90 });
  const x: Scale = {
    place: (value) => inUnits.place(value / unit.size),
    value: (place) => inUnits.value(place) * unit.size,
    ticks: inUnits.ticks,
  };
  const y = createScale(padded(yDomain, logY, fromZero), { range: [bottom, top], log: logY, ticks: Math.max(3, frame.height / 44) });

  const grid = y.ticks.flatMap((tick) => [
    element("line", { class: "grid", x1: left, x2: right, y1: pixel(y.place(tick)), y2: pixel(y.place(tick)) }),
    element("text", { class: "tick", x: left - 8, y: pixel(y.place(tick) + 4), "text-anchor": "end" }, tickText(tick, show)),
  ]);
  const foot = x.ticks.map((tick) =>
    element(
      "text",
      { class: "tick", x: pixel(inUnits.place(tick)), y: bottom + 17, "text-anchor": tick === 0 ? "start" : "middle" },
      compact(tick),
    ),
  );
  const svg = element(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label, xmlns: "http://www.w3.org/2000/svg" },
    grid,
    foot,
    element("line", { class: "base", x1: left, x2: right, y1: bottom, y2: bottom }),
    element("text", { class: "unit", x: right, y: bottom + 33, "text-anchor": "end" }, unit.name),
    mark === undefined || !(mark >= xDomain[0])
      ? []
      : element("line", { class: "mark", x1: pixel(x.place(mark)), x2: pixel(x.place(mark)), y1: top, y2: bottom }),
    clipped(frame, [
      ...series.filter(({ kind }) => kind === "train").map((each) => band(each, x, y)),
      ...series.filter(({ kind }) => kind === "train").map((each) => line(each, x, y)),
      ...series.filter(({ kind }) => kind === "validation").map((each) => line(each, x, y)),
    ]),
  );
  return { svg, x, y, frame };
}

/** An SVG within the SVG cuts off what leaves the frame; a clipPath would need a name that no other plot of the page has. */
function clipped({ left, top, width, height }: Frame, children: readonly Markup[]): Element {
  // Two pixels more at the sides, for dots on the edge.
  const box = { x: left - 4, y: top - 4, width: width + 8, height: height + 4 };
  return element("svg", { ...box, viewBox: `${box.x} ${box.y} ${box.width} ${box.height}`, overflow: "hidden" }, children);
}

function line(series: Series, x: Scale, y: Scale): Element {
  const points = series.x.map((value, i) => [x.place(value), y.place(series.y[i])] as const).filter(([, v]) => Number.isFinite(v));
  const dots =
    series.kind === "validation" && points.length <= 40
      ? points.map(([cx, cy]) => element("circle", { cx: pixel(cx), cy: pixel(cy), r: 2.5 }))
      : [];
  return element("g", { class: classOf(series, series.kind) }, element("path", { d: pathOf(series.x, series.y, x, y) }), dots);
}

/** Left out where it would be the line itself. */
function band(series: Series, x: Scale, y: Scale): Markup {
  if (series.low === series.y) return "";
  if (series.low === series.high)
    return element("g", { class: classOf(series, "raw") }, element("path", { d: pathOf(series.x, series.low, x, y) }));
  const there = series.x.map((value, i) => [value, series.low[i], series.high[i]]).filter((part) => part.every(Number.isFinite));
  const upper = there.map(([at, , high]) => `${pixel(x.place(at))} ${pixel(y.place(high))}`);
  const lower = there.map(([at, low]) => `${pixel(x.place(at))} ${pixel(y.place(low))}`).reverse();
  const d = [...upper, ...lower].filter((place) => !place.includes("NaN")).join("L");
  return element("g", { class: classOf(series, "band") }, element("path", { d: d === "" ? "" : `M${d}Z` }));
}

function classOf({ colour }: Series, kind: string): string {
  return `run ${kind} c${colour % COLOURS}${colour >= COLOURS ? " dashed" : ""}`;
}

/** A gap where a value has no place. */
function pathOf(xs: readonly number[], ys: readonly number[], x: Scale, y: Scale): string {
  let path = "";
  let pen = "M";
  for (const [i, value] of xs.entries()) {
    const [px, py] = [x.place(value), y.place(ys[i])];
    if (!Number.isFinite(px) || !Number.isFinite(py)) {
      pen = "M";
      continue;
    }
    path += `${pen}${pixel(px)} ${pixel(py)}`;
    pen = "L";
  }
  return path;
}

/**
 * Without the few values that lie so far up that they would press all others flat: they leave the frame at its top. The first steps do that to a loss, and a
 * spike of the gradient may be a thousand times the norm.
 */
function within(values: readonly number[], kind: Series["kind"]): number[] {
  const sorted = finite(values).sort((a, b) => a - b);
  if (kind === "validation" || sorted.length < 50) return sorted;
  const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))];
  const most = at(0.95) + (at(0.95) - at(0.02)) / 2;
  return sorted.filter((value) => value <= most);
}

function domain(values: readonly number[], log: boolean): [number, number] | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value) || (log && value <= 0)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return undefined;
  // A flat curve stands in the middle.
  if (low === high) return log ? [low / 2, high * 2] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  return [low, high];
}

function padded([low, high]: readonly [number, number], log: boolean, fromZero: boolean): [number, number] {
  if (log) return [low / (high / low) ** 0.04, high * (high / low) ** 0.04];
  const air = 0.04 * (high - low);
  return [fromZero ? Math.min(0, low) : low - air, high + air];
}

function unitOf(over: Over, most: number): { readonly name: string; readonly size: number } {
  if (over !== "seconds") return { name: over === "step" ? "steps" : "tokens", size: 1 };
  if (most > 2 * 86_400) return { name: "days", size: 86_400 };
  if (most > 2 * 3600) return { name: "hours", size: 3600 };
  return most > 120 ? { name: "minutes", size: 60 } : { name: "seconds", size: 1 };
}

/** 3.100 is a reading, 3.1 is a label. */
function tickText(tick: number, show: (value: number) => string): string {
  const text = show(tick);
  return text.includes(".") ? text.replace(/\.?0+(?=$|[ekMB])/, "") : text;
}

function finite(values: readonly number[]): number[] {
  return values.filter(Number.isFinite);
}

function pixel(place: number): number {
  return Math.round(place * 10) / 10;
}
