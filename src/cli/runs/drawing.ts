// One plot of some runs as an SVG file, on a light ground: for texts.
import type { TrainMetric } from "../../train/runs/run.ts";
import { COLOURS, drawChart } from "./page/chart.ts";
import { element, type Markup, textOf } from "./page/markup.ts";
import { type ColouredRun, metrics, type Series, seriesOf } from "./page/series.ts";
import { nothing } from "./page/words.ts";
import { drawingGround, drawingStyle } from "./style.ts";

const width = 860;
const height = 440;
const lineHeight = 20;
const smoothing = 0.35;

/** Undefined when there is nothing to draw. */
export function drawingOf(runs: readonly ColouredRun[], metric: TrainMetric): string | undefined {
  const { title, show, fromZero } = metrics[metric];
  const series = seriesOf(runs, metric, { over: "tokens", smoothing });
  const chart = drawChart(series, { width, height, over: "tokens", logX: false, logY: false, fromZero, show, label: title });
  if (!chart) return undefined;
  const total = height + 30 + lineHeight * runs.length;
  const names = runs.map(({ report: { name }, colour }, i) => {
    const y = 44 + lineHeight * i;
    const value = (kind: Series["kind"]): string => lastOf(series, name, kind, show);
    return element(
      "g",
      {},
      element("line", { class: `run c${colour % COLOURS}`, x1: 52, x2: 76, y1: y - 4, y2: y - 4, "stroke-width": 2.25 }),
      element("text", { class: "legend", x: 86, y }, `${name}: train ${value("train")}, validation ${value("validation")}`),
    );
  });
  const svg: Markup = element(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${total}`, width, height: total, role: "img", "aria-label": title },
    element("style", {}, drawingStyle),
    element("rect", { width, height: total, fill: drawingGround }),
    element("text", { class: "title", x: 52, y: 22 }, title),
    names,
    element("g", { transform: `translate(0 ${total - height})` }, chart.svg),
  );
  return `${textOf(svg)}\n`;
}

function lastOf(series: readonly Series[], name: string, kind: Series["kind"], show: (value: number) => string): string {
  const value = series.find((each) => each.name === name && each.kind === kind)?.y.findLast(Number.isFinite);
  return value === undefined ? nothing : show(value);
}
