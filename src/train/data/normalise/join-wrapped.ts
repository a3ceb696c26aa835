// Paragraphs that were broken into lines of a typewriter's width become one line again, so that a model does not learn where some editor ran out
// of room. Verse, lists and titles keep their lines: a line was broken by an editor only if the next word had no room on it.
//
// The width is that of the text's own lines. A text counts as wrapped if most of it stands on short lines, with enough breaks inside of paragraphs,
// many of them where the next word had no room. Lines are joined where that is so, with some slack, for editors and cleaners left lines shorter, and
// where the next one goes on in small letters; there a line that ends a sentence ends its paragraph too, since many books have no empty lines
// between paragraphs.

/** Widths of editors: shorter lines are verse or a list, longer ones are paragraphs already. In characters. */
const narrowest = 50;
const widest = 120;
/** Fewer breaks prove nothing. */
const leastBreaks = 8;
/** Of the breaks that have to be an editor's, inside of a sentence: 0.45 to 0.99 in the wrapped ones of 25 novels, 0 to 0.13 in the others. */
const leastShare = 0.4;
/** By how much a line may be shorter than the width for the next word to have had no room, in characters. */
const slack = 8;
/** Of the lines that go on: those above are exceptions, such as addresses of pages. */
const widthQuantile = 0.95;

export function joinWrapped(text: string): string {
  const lines = text.split("\n");
  const width = widthOf(lines);
  if (width === undefined) return text;
  let joined = lines[0];
  for (let i = 1; i < lines.length; i++) {
    const [before, line] = [lines[i - 1], lines[i]];
    if (!isWrapped(before, line, width)) joined += `\n${line}`;
    // A dash or hyphen at the end of a line had no space behind it; it stays, for books do not divide words.
    else joined += (/(?:\p{L}-|--|\u2014)$/u.test(before) ? "" : " ") + line.trimStart();
  }
  return joined;
}

/** Undefined for a text that is not wrapped. */
function widthOf(lines: readonly string[]): number | undefined {
  let all = 0;
  let long = 0;
  for (const { length } of lines) {
    all += length;
    if (length > widest) long += length;
  }
  if (long > all / 2) return undefined;
  const lengths: number[] = [];
  for (let i = 1; i < lines.length; i++) if (lines[i - 1] !== "" && lines[i] !== "") lengths.push(lines[i - 1].length);
  if (lengths.length < leastBreaks) return undefined;
  lengths.sort((a, b) => a - b);
  const width = lengths[Math.floor(lengths.length * widthQuantile)];
  if (width < narrowest || width > widest) return undefined;
  let wrapped = 0;
  for (let i = 1; i < lines.length; i++) if (hadNoRoom(lines[i - 1], lines[i], width) && goesOn(lines[i - 1], lines[i])) wrapped++;
  return wrapped >= lengths.length * leastShare ? width : undefined;
}

function isWrapped(line: string, next: string, width: number): boolean {
  // Some editors broke lines where they liked; verse and lists seldom go on in small letters.
  return hadNoRoom(line, next, width) || (line.length > width / 2 && goesOn(line, next) && /^\p{Ll}/u.test(next));
}

function hadNoRoom(line: string, next: string, width: number): boolean {
  if (line === "" || next === "") return false;
  const needed = line.length + 1 + firstWordLength(next);
  return needed > width ? !/^\s/.test(next) || /^\s/.test(line) : needed > width - slack && goesOn(line, next);
}

/** A line that ends a sentence ends its paragraph, where width does not tell; an indented one begins another, or is verse. */
function goesOn(line: string, next: string): boolean {
  return !/[.!?:]["')\]\u2019\u201d]*$/.test(line) && !/^\s/.test(next);
}

function firstWordLength(line: string): number {
  const start = line.search(/\S/);
  const end = line.slice(start).search(/\s/);
  return end < 0 ? line.length - start : end;
}
