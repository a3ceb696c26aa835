// A plot that can be read: a pointer, a finger or the arrow keys move a line along it, and the values there are told.

import { showCount, showDuration } from "../../terminal/units.ts";
import { type Chart, type ChartOptions, COLOURS, drawChart } from "./chart.ts";
import { element, type Markup, show } from "./markup.ts";
import { indexAt, type MetricTraits, type Over, type Series } from "./series.ts";
import { compact, nothing } from "./words.ts";

export interface Plot {
  draw(series: readonly Series[], options: PlotOptions): void;
  /** Moves the line to an x, or takes it away. */
  point(x: number | undefined): void;
}

export type PlotOptions = Pick<ChartOptions, "over" | "logX" | "logY" | "mark">;

export interface PlotEvents {
  /** The reader points at an x, or no longer. */
  point(x: number | undefined): void;
  /** The reader chose an x. */
  pick(x: number): void;
  /** Its width has changed: it wants to be drawn again. */
  resize(): void;
}

/** Arrow keys go so many times through the plot. */
const KEY_STEPS = 60;

/** @param place an empty element */
export function createPlot(place: HTMLElement, { title, show: showValue, fromZero }: MetricTraits, events: PlotEvents): Plot {
  const canvas = document.createElement("div");
  canvas.className = "canvas";
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "group");
  canvas.setAttribute("aria-label", `${title}: arrow keys read values`);
  const heading = document.createElement("h2");
  heading.textContent = title;
  const [drawing, overlay, readings] = ["drawing", "overlay", "readings"].map((name) => {
    const part = document.createElement("div");
    part.className = name;
    canvas.append(part);
    return part;
  });
  readings.setAttribute("role", "status");
  readings.hidden = true;
  place.append(heading, canvas);

  let chart: Chart | undefined;
  let drawn: readonly Series[] = [];
  let over: Over = "tokens";
  let pointed: number | undefined;
  /** Only the plot that the reader points at tells values; the others show the line. */
  let own = false;

  const pointTo = (x: number | undefined): void => {
    own = x !== undefined;
    events.point(x);
  };
  const toX = (event: PointerEvent): number | undefined => {
    if (!chart) return undefined;
    const { left, width } = chart.frame;
    const at = event.clientX - canvas.getBoundingClientRect().left;
    return chart.x.value(Math.min(left + width, Math.max(left, at)));
  };
  canvas.addEventListener("pointermove", (event) => pointTo(toX(event)));
  canvas.addEventListener("pointerdown", (event) => pointTo(toX(event)));
  canvas.addEventListener("pointerleave", () => pointTo(undefined));
  canvas.addEventListener("blur", () => pointTo(undefined));
  canvas.addEventListener("click", (event) => {
    const x = toX(event as PointerEvent);
    if (x !== undefined) events.pick(x);
  });
  canvas.addEventListener("keydown", (event) => {
    if (!chart) return;
    const { left, width } = chart.frame;
    const now = pointed === undefined ? left + width : chart.x.place(pointed);
    const moves: Record<string, number> = {
      ArrowLeft: now - width / KEY_STEPS,
      ArrowRight: now + width / KEY_STEPS,
      Home: left,
      End: left + width,
    };
    if (event.key === "Enter" && pointed !== undefined) events.pick(pointed);
    if (event.key === "Escape") pointTo(undefined);
    if (!Object.hasOwn(moves, event.key)) return;
    event.preventDefault();
    pointTo(chart.x.value(Math.min(left + width, Math.max(left, moves[event.key]))));
  });
  let width = 0;
  new ResizeObserver(() => {
    if (canvas.clientWidth === width) return;
    width = canvas.clientWidth;
    events.resize();
  }).observe(canvas);

  const tell = (): void => {
    const x = pointed;
    readings.hidden = x === undefined || !own || !chart;
    if (x === undefined || !chart) {
      show(overlay);
      return;
    }
    const { frame } = chart;
    const { width: w, height: h } = chart.svg.attributes;
    const place = chart.x.place(x);
    const read = readingsAt(drawn, x);
    show(
      overlay,
      element(
        "svg",
        { viewBox: `0 0 ${w} ${h}`, width: w, height: h, "aria-hidden": "true" },
        element("line", { class: "pointer", x1: place, x2: place, y1: frame.top, y2: frame.top + frame.height }),
        read.flatMap(({ series, i }): Markup[] => {
          const [cx, cy] = [chart!.x.place(series.x[i]), chart!.y.place(series.y[i])];
          const visible = cy >= frame.top && cy <= frame.top + frame.height;
          return visible ? [element("circle", { class: `reading c${series.colour % COLOURS}`, cx, cy, r: 3.5 })] : [];
        }),
      ),
    );
    if (!own) return;
    show(readings, element("p", {}, xText(x, over)), readingTable(read, showValue));
    const onLeft = place > frame.left + frame.width / 2;
    readings.style.left = onLeft ? "" : `${place + 14}px`;
    readings.style.right = onLeft ? `${canvas.clientWidth - place + 14}px` : "";
  };

  return {
    draw(series, options) {
      drawn = series;
      over = options.over;
      chart = drawChart(series, {
        ...options,
        ...{ width: canvas.clientWidth, height: canvas.clientHeight, fromZero },
        ...{ show: showValue, label: summary(title, series, showValue) },
      });
      show(drawing, chart?.svg ?? element("p", { class: "empty" }, series.length === 0 ? "No run is chosen." : "Nothing is measured yet."));
      tell();
    },
    point(x) {
      pointed = x;
      tell();
    },
  };
}

interface Reading {
  readonly series: Series;
  readonly i: number;
}

/** Of each curve the last point there, as long as its run goes: a validation is read until the next one. */
function readingsAt(series: readonly Series[], x: number): Reading[] {
  const ends = new Map<string, number>();
  for (const { name, x: xs } of series) ends.set(name, Math.max(ends.get(name) ?? 0, xs.at(-1) ?? 0));
  return series.flatMap((each) => {
    const i = indexAt(each.x, x);
    return i >= 0 && x <= ends.get(each.name)! && Number.isFinite(each.y[i]) ? [{ series: each, i }] : [];
  });
}

function readingTable(read: readonly Reading[], showValue: (value: number) => string): Markup {
  const names = [...new Set(read.map(({ series }) => series.name))];
  const validated = read.some(({ series }) => series.kind === "validation");
  const rows = names.map((name) => {
    const of = (kind: Series["kind"]): Reading | undefined => read.find(({ series }) => series.name === name && series.kind === kind);
    const value = (reading: Reading | undefined): string => (reading ? showValue(reading.series.y[reading.i]) : nothing);
    const { colour } = (of("train") ?? of("validation"))!.series;
    const cells = validated ? [value(of("train")), value(of("validation"))] : [value(of("train"))];
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, element("span", { class: `swatch c${colour % COLOURS}` }), name),
      cells.map((cell) => element("td", {}, cell)),
    );
  });
  const head = element("tr", {}, element("td"), element("th", { scope: "col" }, "train"), element("th", { scope: "col" }, "validation"));
  return element("table", {}, validated ? [head] : [], rows);
}

function xText(x: number, over: Over): string {
  if (over === "seconds") return `after ${showDuration(1000 * x)}`;
  return over === "step" ? `step ${showCount(Math.round(x))}` : `${compact(Math.round(x))} tokens`;
}

function summary(title: string, series: readonly Series[], showValue: (value: number) => string): string {
  const ends = series.flatMap(({ name, kind, y }) => {
    const last = y.findLast(Number.isFinite);
    return last === undefined ? [] : [`${name} (${kind}) ends at ${showValue(last)}`];
  });
  return `${title}: ${ends.join(", ")}`;
}
