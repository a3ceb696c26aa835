// The runs, where they stand, and which of them are drawn. Rows stay while their cells change, so that a reader's place in the table stays too.
import type { RunReport } from "../../../train/runs/run-report.ts";
import { COLOURS } from "./chart.ts";
import { figuresOf } from "./figures.ts";
import { element, type Markup, show } from "./markup.ts";
import { compact } from "./words.ts";

export interface RunTable {
  update(reports: readonly RunReport[]): void;
}

export interface RunTableEvents {
  choose(name: string, chosen: boolean): void;
  /** The reader looks at a run, or no longer at any. */
  emphasise(name: string | undefined): void;
  isChosen(name: string): boolean;
  colourOf(name: string): number;
}

const columns = ["Run", "State", "Steps", "Tokens", "Train loss", "Val. loss", "Bits per byte", "Tokens/s", "Of peak", "Time"];

export function createRunTable(table: HTMLTableElement, events: RunTableEvents): RunTable {
  const head = table.createTHead();
  show(
    head,
    element(
      "tr",
      {},
      columns.map((name) => element("th", { scope: "col" }, name)),
    ),
  );
  const body = table.createTBody();
  const rows = new Map<string, HTMLTableRowElement>();

  const createRow = ({ name, state }: RunReport): HTMLTableRowElement => {
    const row = document.createElement("tr");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.disabled = state === "unreadable";
    box.addEventListener("change", () => events.choose(name, box.checked));
    row.addEventListener("pointerenter", () => events.emphasise(name));
    row.addEventListener("pointerleave", () => events.emphasise(undefined));
    const label = document.createElement("label");
    const swatch = document.createElement("span");
    swatch.className = `swatch c${events.colourOf(name) % COLOURS}`;
    label.append(box, swatch, name);
    const header = document.createElement("th");
    header.scope = "row";
    header.append(label);
    row.append(header, ...columns.slice(1).map(cellNamed));
    return row;
  };

  return {
    update(reports) {
      for (const report of reports) {
        const row = rows.get(report.name) ?? createRow(report);
        rows.set(report.name, row);
        const box = row.querySelector("input")!;
        box.checked = events.isChosen(report.name);
        box.disabled = report.state === "unreadable";
        const cells = cellsOf(report);
        for (const [i, cell] of cells.entries()) show(row.cells[i + 1], cell);
      }
      const wanted = reports.map(({ name }) => rows.get(name)!);
      // Moving rows would take the focus away.
      if (wanted.length !== body.rows.length || wanted.some((row, i) => row !== body.rows[i])) body.replaceChildren(...wanted);
      for (const [name, row] of rows) if (!wanted.includes(row)) rows.delete(name);
    },
  };
}

/** Where the screen is too narrow for a row, its cells stand below each other with their names (style.ts). */
function cellNamed(name: string): HTMLTableCellElement {
  const cell = document.createElement("td");
  cell.dataset.name = name;
  return cell;
}

function cellsOf(report: RunReport): Markup[] {
  const { state, problem } = report;
  const { step, steps } = report.progress;
  const made =
    steps === null
      ? compact(step)
      : element(
          "span",
          { class: "steps" },
          element("span", {}, `${compact(step)} of ${compact(steps)}`),
          element("progress", { value: step, max: steps, "aria-hidden": "true" }),
        );
  return [
    element("span", { class: `state ${state}` }, state, problem === undefined ? "" : element("span", { class: "problem" }, problem)),
    state === "unreadable" ? "" : made,
    ...figuresOf(report),
  ];
}
