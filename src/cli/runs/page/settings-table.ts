// Recipes and configurations side by side; what differs is marked.
import type { Settings } from "../../../train/runs/event.ts";
import { COLOURS } from "./chart.ts";
import { element, type Markup } from "./markup.ts";
import type { ColouredRun } from "./series.ts";
import { nothing } from "./words.ts";

const parts = [
  ["Run", aboutRun],
  ["Recipe", recipeOf],
  ["Configuration", (run) => run.report.config],
] as const satisfies readonly (readonly [string, (run: ColouredRun) => Settings])[];

function aboutRun({ report: { begun, facts, resumes } }: ColouredRun): Settings {
  const resumed = resumes.length > 0 && { "resumed after step": resumes.join(", ") };
  return { begun: begun.slice(0, 16).replace("T", " "), ...facts, ...resumed };
}

/** Without the model that it asks for, where that is what the configuration says again. */
function recipeOf({ report: { recipe, config } }: ColouredRun): Settings {
  const isAgain = ([name, value]: [string, Settings[string]]): boolean => name.startsWith("model.") && config[name.slice(6)] === value;
  return Object.fromEntries(Object.entries(recipe).filter((entry) => !isAgain(entry)));
}

export interface Row {
  readonly name: string;
  /** One for each run, undefined where it has none. */
  readonly values: readonly (Settings[string] | undefined)[];
  readonly differs: boolean;
}

export function compareSettings(settings: readonly Settings[]): Row[] {
  const names = [...new Set(settings.flatMap((each) => Object.keys(each)))];
  return names.map((name) => {
    const values = settings.map((each) => (Object.hasOwn(each, name) ? each[name] : undefined));
    return { name, values, differs: values.some((value) => value !== values[0]) };
  });
}

export function settingsTable(runs: readonly ColouredRun[], onlyDifferences: boolean): Markup {
  const groups = parts.flatMap(([title, settingsOf]): Markup[] => {
    const rows = compareSettings(runs.map(settingsOf)).filter(({ differs }) => differs || !onlyDifferences);
    if (rows.length === 0) return [];
    const heading = element("tr", {}, element("th", { scope: "rowgroup", colspan: runs.length + 1 }, title));
    return [element("tbody", {}, heading, rows.map(rowOf))];
  });
  if (groups.length === 0) return element("p", { class: "empty" }, runs.length === 0 ? "No run is chosen." : "Nothing differs.");
  const names = runs.map(({ report, colour }) =>
    element("th", { scope: "col" }, element("span", { class: `swatch c${colour % COLOURS}` }), report.name),
  );
  return element("table", {}, element("thead", {}, element("tr", {}, element("td"), names)), groups);
}

function rowOf({ name, values, differs }: Row): Markup {
  const mark = differs ? element("span", { class: "mark", title: "differs", role: "img", "aria-label": "differs" }, "\u2260") : "";
  return element("tr", { class: differs ? "differs" : undefined }, element("th", { scope: "row" }, name, mark), values.map(cellOf));
}

/** A recipe may hold whole texts, such as a chat template. */
function cellOf(value: Row["values"][number]): Markup {
  const text = value === undefined ? nothing : String(value);
  return text.length <= LONGEST_CELL ? element("td", {}, text) : element("td", { title: text }, `${text.slice(0, LONGEST_CELL)}...`);
}

const LONGEST_CELL = 120;
