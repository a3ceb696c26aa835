// Project Gutenberg puts a head with credits before a book and a licence behind it, equal in all of them: a model would learn them by heart.

/** The head is looked for in so many characters from the beginning, the tail in so many at the end: neither has ever been longer. */
const reach = 40_000;

const heads = [
  /^\*{3} ?START OF (?:THE|THIS) PROJECT GUTENBERG EBOOK\b.{0,300}$/gim,
  /^\*END[* ]*THE SMALL PRINT.{0,300}$/gim, // until 2003
];
const tails = [
  /^\*{3} ?END OF (?:THE|THIS) PROJECT GUTENBERG EBOOK\b/im,
  /^(?:\*\*\*)?\s?End of (?:the |this )?Project Gutenberg(?:'s|\u2019s| EBook| Etext)\b/im,
];

/** Who typed and proofread: the paragraphs that follow the head. */
const credit =
  /^\s*(?:Produced by|E-?text prepared by|This e-?text was (?:produced|prepared) by|Transcribed (?:from|by))[^\n]{0,500}(?:\n[^\n]{1,500}){0,10}(?:\n\s*\n|$)/i;

/** The book alone; a text without such a frame as it is. */
export function removeGutenbergFrame(text: string): string {
  const start = Math.max(0, ...heads.map((head) => endOfLast(head, text.slice(0, reach))));
  const tailFrom = Math.max(start, text.length - reach);
  const tail = text.slice(tailFrom);
  const ends = tails.map((mark) => tail.search(mark)).filter((index) => index >= 0);
  const end = ends.length === 0 ? text.length : tailFrom + Math.min(...ends);
  const body = text.slice(start, end);
  return start === 0 ? body : body.replace(credit, "");
}

function endOfLast(pattern: RegExp, text: string): number {
  const last = [...text.matchAll(pattern)].at(-1);
  return last ? last.index + last[0].length : 0;
}
