// Figures of one process as tables.
/** @param result what child.mjs answers, and the machine */
export function tables({ machine, node, revectorize, figures }) {
  const title = `${machine}, Node ${node}${revectorize ? ", revectorised" : ""}: GMAC/s on one thread, best of ${Math.max(...figures.map(({ values }) => values.length))}`;
  return [
    "",
    title,
    ...distinct(figures, "table").map((name) =>
      table(
        name,
        figures.filter((each) => each.table === name),
      ),
    ),
  ].join("\n");
}

const distinct = (figures, key) => [...new Set(figures.map((figure) => figure[key]))];
const speedOf = ({ values }) => Math.max(...values);

function table(name, figures) {
  const columns = distinct(figures, "column");
  const lines = distinct(figures, "line");
  const width = Math.max(name.length, ...lines.map((line) => line.length)) + 1;
  const cell = (figure) => {
    if (!figure) return "";
    if (figure.wrong) return "wrong  ";
    const used = figures.find((each) => each.used && each.job === figure.job);
    return `${speedOf(figure).toFixed(1)} ${(speedOf(figure) / speedOf(used)).toFixed(2)}x${figure.used ? "*" : figure.late ? "!" : " "}`;
  };
  return [
    name.padEnd(width) + columns.map((column) => column.padStart(14)).join(""),
    ...lines.map((line) => {
      const cells = columns.map((column) => cell(figures.find((figure) => figure.line === line && figure.column === column)));
      return line.padEnd(width) + cells.map((text) => text.padStart(14)).join("");
    }),
  ].join("\n");
}
