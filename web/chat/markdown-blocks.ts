// Markdown while it arrives. A document is a row of blocks (paragraphs, lists, code ...), and what follows can only change the last of them: the others are
// read once, keep their identity, and are drawn once.
import { Lexer, type Token, type TokensList } from "marked";

export interface Block {
  /** Its place in the text, in characters: no other block has it. */
  readonly at: number;
  readonly token: Token;
}

/**
 * Limits, beyond which a text is shown as it is: reading it would hold the page up. marked takes time by the square of the marks of a paragraph (10,000
 * characters of a_a_a_: 0.8 s), and a second for quotes or lists within each other as deep as its stack holds. No text that is meant to be read comes near.
 */
export const MAX_BLOCK_CHARS = 200_000;
export const MAX_INLINE_CHARS = 20_000;
export const MAX_INLINE_MARKS = 500;
/** Marks of quotes and lists one after the other, or a list that is indented so far. */
const TOO_DEEP = /^ {0,3}(?:> ?|[*+-] +|\d{1,9}[.)] +){50}|^(?: {40}|\t{10})[ \t]*(?:[*+-]|\d{1,9}[.)]) /m;

export interface MarkdownReader {
  /** The blocks of a text. Those of the text before, when this is the same with more at its end, are the same objects. */
  read(text: string): readonly Block[];
}

export function createMarkdownReader(): MarkdownReader {
  let known = "";
  let settled: Block[] = [];
  /** Where reading begins anew. */
  let open = 0;
  /** Definitions of links, which later blocks refer to. */
  let links: TokensList["links"] = {};
  return {
    read(given) {
      const text = given.replace(/\r\n?/g, "\n");
      if (!text.startsWith(known)) {
        settled = [];
        open = 0;
        links = {};
      }
      known = text;
      // An unfinished line may still become anything: only those before it settle blocks.
      const complete = blocksOf(text.slice(open, text.lastIndexOf("\n") + 1), open, links);
      const last = complete.blocks.at(-1);
      if (complete.blocks.length > 1 && last) {
        settled = [...settled, ...complete.blocks.slice(0, -1)];
        open = last.at;
        links = complete.links;
      }
      return [...settled, ...blocksOf(text.slice(open), open, links).blocks];
    },
  };
}

interface Reading {
  readonly blocks: Block[];
  readonly links: TokensList["links"];
}

function blocksOf(text: string, start: number, links: TokensList["links"]): Reading {
  const lexer = new Lexer({ gfm: true });
  Object.assign(lexer.tokens.links, links);
  let at = start;
  const blocks: Block[] = [];
  for (const token of tokensOf(lexer, text)) {
    if (token.type !== "space") blocks.push({ at, token });
    at += token.raw.length;
  }
  return { blocks, links: { ...links, ...lexer.tokens.links } };
}

/** As Lexer.lex does it, within the limits. */
function tokensOf(lexer: Lexer, text: string): readonly Token[] {
  if (text.length > MAX_BLOCK_CHARS || TOO_DEEP.test(text)) return [plain(text)];
  const tokens = lexer.blockTokens(text, lexer.tokens);
  for (const { src, tokens: within } of lexer.inlineQueue) {
    const marks = src.match(/[*_~`[<!]/g)?.length ?? 0;
    if (src.length > MAX_INLINE_CHARS || marks > MAX_INLINE_MARKS) within.push(plain(src));
    else lexer.inlineTokens(src, within);
  }
  return tokens;
}

function plain(text: string): Token {
  return { type: "text", raw: text, text };
}
