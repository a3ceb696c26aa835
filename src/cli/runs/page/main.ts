// The page of cria runs: what is chosen, and what is drawn of it. The runs come with the page (cria runs --html), or as they go on from its server.
import type { TrainMetric } from "../../../train/runs/run.ts";
import type { RunReport } from "../../../train/runs/run-report.ts";
import { COLOURS } from "./chart.ts";
import { show } from "./markup.ts";
import { createPlot, type Plot } from "./plot.ts";
import { createRunTable } from "./run-table.ts";
import { sampleStops, samplesAt } from "./samples.ts";
import { type ColouredRun, metrics, type Over, seriesOf } from "./series.ts";
import { settingsTable } from "./settings-table.ts";

/** What the server sends, and what a page carries: the runs that have changed, and the names of all, the latest first. */
export interface News {
  readonly names: readonly string[];
  readonly reports: readonly RunReport[];
}

/** More curves than that are no help until a reader asks for them. */
const CHOSEN_AT_FIRST = 6;

/** @param news of a page that carries its runs; without them they come from the server */
export function startPage(news: News | undefined): void {
  const part = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;
  const reports = new Map<string, RunReport>();
  const colours = new Map<string, number>();
  const chosen = new Set<string>();
  const refused = new Set<string>();
  let names: readonly string[] = [];
  /** Where samples are read; undefined: at the end, wherever that is. */
  let sampledAt: number | undefined;
  let drawing = 0;

  const controls = part<HTMLFormElement>("controls");
  const over = (): Over => controls.querySelector<HTMLInputElement>("[name=over]:checked")!.value as Over;
  const isOn = (id: string): boolean => part<HTMLInputElement>(id).checked;
  const slider = part<HTMLInputElement>("sampled");

  const table = createRunTable(part<HTMLTableElement>("runs"), {
    choose(name, isChosen) {
      (isChosen ? chosen : refused).add(name);
      (isChosen ? refused : chosen).delete(name);
      draw();
    },
    emphasise(name) {
      const colour = name === undefined ? undefined : colours.get(name);
      document.body.dataset.emphasis = colour !== undefined && chosen.has(name!) ? `c${colour % COLOURS}` : "";
    },
    isChosen: (name) => chosen.has(name),
    colourOf: (name) => colours.get(name)!,
  });
  const plots = new Map<TrainMetric, Plot>();
  for (const metric of Object.keys(metrics) as TrainMetric[]) {
    const plot = createPlot(part(metric), metrics[metric], {
      point(x) {
        for (const each of plots.values()) each.point(x);
      },
      pick(x) {
        sampledAt = x;
        draw();
      },
      resize: () => soon(),
    });
    plots.set(metric, plot);
  }

  const runs = (): ColouredRun[] =>
    names.filter((name) => chosen.has(name)).map((name) => ({ report: reports.get(name)!, colour: colours.get(name)! }));

  function draw(): void {
    const shown = runs();
    const options = { over: over(), logX: isOn("logX"), logY: isOn("logY") };
    const smoothing = Number(part<HTMLInputElement>("smoothing").value) / 100;
    const stops = sampleStops(shown, options.over);
    const at = sampledAt === undefined ? stops.at(-1) : (stops.findLast((stop) => stop <= sampledAt!) ?? stops[0]);
    table.update(names.map((name) => reports.get(name)!));
    for (const [metric, plot] of plots) {
      const mark = metric === "loss" && stops.length > 1 ? at : undefined;
      plot.draw(seriesOf(shown, metric, { over: options.over, smoothing }), { ...options, mark });
    }
    part("samples").hidden = at === undefined;
    slider.max = String(Math.max(0, stops.length - 1));
    slider.value = String(at === undefined ? 0 : stops.indexOf(at));
    slider.disabled = stops.length < 2;
    show(part("texts"), ...(at === undefined ? [] : samplesAt(shown, options.over, at)));
    part("onlyDifferencesLabel").hidden = shown.length < 2;
    show(part("settings"), settingsTable(shown, shown.length > 1 && isOn("onlyDifferences")));
    part("none").hidden = names.length > 0;
  }

  /** All plots change their widths at once, and want one drawing. */
  function soon(): void {
    cancelAnimationFrame(drawing);
    drawing = requestAnimationFrame(draw);
  }

  function take(news: News): void {
    names = news.names;
    for (const report of news.reports) reports.set(report.name, report);
    for (const name of names) {
      if (!colours.has(name)) colours.set(name, colours.size);
      const { state } = reports.get(name)!;
      if (state !== "unreadable" && !refused.has(name) && (chosen.size < CHOSEN_AT_FIRST || state === "running")) chosen.add(name);
    }
    draw();
  }

  controls.addEventListener("input", ({ target }) => {
    if ((target as HTMLInputElement).name === "over") sampledAt = undefined;
    draw();
  });
  controls.addEventListener("submit", (event) => event.preventDefault());
  part("onlyDifferences").addEventListener("change", draw);
  slider.addEventListener("input", () => {
    const stops = sampleStops(runs(), over());
    const index = Number(slider.value);
    sampledAt = index === stops.length - 1 ? undefined : stops[index];
    draw();
  });

  if (news) take(news);
  else listen(take, (text) => show(part("status"), text));
}

/** While nobody looks at the page it asks for nothing: the processor belongs to the runs. */
function listen(take: (news: News) => void, say: (status: string) => void): void {
  let source: EventSource | undefined;
  const follow = (): void => {
    source?.close();
    source = undefined;
    if (document.hidden) return;
    source = new EventSource("events");
    source.onopen = () => say("live");
    source.onerror = () => say("not connected: is cria runs --serve still there?");
    source.onmessage = ({ data }) => take(JSON.parse(data));
  };
  document.addEventListener("visibilitychange", follow);
  follow();
}
