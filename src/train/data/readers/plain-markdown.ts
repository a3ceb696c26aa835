// Markdown without its markers: Llama 3 (Grattafiori et al. 2024, section 3.1.1) found that they harm a model that is mostly trained on plain text.
// Words stay, and so do the numbers of lists and the inside of code; front matter, comments, link targets and rules go. It is no parser: what
// reaches over lines, except fences, is left alone. Every quantifier is bounded, so that no line by a stranger takes long.

const fence = /^ {0,3}(`{3,}|~{3,})/;
const rule = /^ {0,3}(?:(?:\* *){3,100}|(?:- *){3,100}|(?:_ *){3,100}|={3,100})$/;
const tableRule = /^(?=.{0,1000}\|)(?=.{0,1000}-)[ |:-]{3,1000}$/;
const linkTarget = /^ {0,3}\[[^\]]{1,200}\]: *\S/;

export function plainMarkdown(text: string): string {
  const lines: string[] = [];
  let open: string | undefined; // the fence that ends the code
  for (const line of withoutFrontMatter(text).split("\n")) {
    const mark = fence.exec(line)?.[1];
    if (open !== undefined) {
      if (mark?.startsWith(open)) open = undefined;
      else lines.push(line);
    } else if (mark !== undefined) open = mark;
    else if (!rule.test(line) && !tableRule.test(line) && !linkTarget.test(line)) lines.push(plainLine(line));
  }
  return lines.join("\n");
}

function withoutFrontMatter(text: string): string {
  if (!text.startsWith("---\n")) return withoutComments(text);
  const end = text.indexOf("\n---\n", 3);
  return withoutComments(end < 0 ? text : text.slice(end + 5));
}

function withoutComments(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (let start = text.indexOf("<!--"); start >= 0; start = text.indexOf("<!--", from)) {
    const end = text.indexOf("-->", start);
    if (end < 0) break;
    parts.push(text.slice(from, start));
    from = end + 3;
  }
  return parts.length === 0 ? text : parts.join("") + text.slice(from);
}

function plainLine(line: string): string {
  const block = line
    .replace(/^(?: {0,3}> ?){1,20}/, "")
    .replace(/^ {0,3}#{1,6}(?: +|$)/, "")
    .replace(/^( {0,40})[*+-] +(?:\[[ xX]\] +)?/, "$1");
  if (!/[*_~`[\\|<]/.test(block)) return block;
  return block
    .replace(/!\[([^\]]{0,500})\]\([^)]{0,2000}\)/g, "$1")
    .replace(/\[([^\]]{1,500})\](?:\([^)]{0,2000}\)|\[[^\]]{0,200}\])/g, "$1")
    .replace(/<((?:https?|mailto):[^ >]{1,2000})>/g, "$1")
    .replace(/(?<!\\)(\*{1,3}|~~)(?=\S)([^*~]{1,2000}?)(?<=\S)\1/g, "$2")
    .replace(/(?<![\\\p{L}\p{N}_])(_{1,3})(?=\S)([^_]{1,2000}?)(?<=\S)\1(?![\p{L}\p{N}_])/gu, "$2")
    .replace(/(?<!`)(`{1,3})(?!`)([^`]{1,2000})\1(?!`)/g, "$2")
    .replace(/^ {0,3}\|.{0,10000}\|$/, (row) =>
      row
        .slice(row.indexOf("|") + 1, -1)
        .split("|")
        .map((cell) => cell.trim())
        .join("  "),
    )
    .replace(/\\([!-/:-@[-`{-~])/g, "$1");
}
