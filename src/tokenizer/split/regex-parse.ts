// The part of Oniguruma's regular expressions that split patterns of tokenizer.json use, as a tree: characters, classes,
// groups, alternatives, repetition, (?i), a look-ahead at one character, anchors. What else there is (look-behind, back
// references, atomic groups, \b) gets an UnsupportedError: patterns come from strangers, and every part kept here runs in linear time.

import { UnsupportedError } from "../../errors.ts";
import { CharSet } from "./char-set.ts";

export type RegexNode =
  | { readonly kind: "set"; readonly set: CharSet }
  | { readonly kind: "sequence" | "either"; readonly parts: readonly RegexNode[] }
  | { readonly kind: "repeat"; readonly node: RegexNode; readonly min: number; readonly max: number; readonly mode: RepeatMode }
  | { readonly kind: "next"; readonly set: CharSet; readonly negative: boolean }
  | { readonly kind: "lineStart" | "lineEnd" | "textStart" | "textEnd" };

type RepeatMode = "greedy" | "lazy" | "possessive";

/** Groups inside groups; more could overflow the stack and is no split pattern. */
const MAX_DEPTH = 50;
const MAX_LENGTH = 20_000;

const escapes: Readonly<Record<string, string>> = {
  s: "\\p{White_Space}",
  S: "\\P{White_Space}",
  d: "\\p{Nd}",
  D: "\\P{Nd}",
  w: "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}]",
  W: "[^\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}]",
  h: "[0-9a-fA-F]",
  H: "[^0-9a-fA-F]",
};
const controls: Readonly<Record<string, number>> = { n: 0x0a, r: 0x0d, t: 0x09, f: 0x0c, v: 0x0b, a: 0x07, e: 0x1b };

/** @throws UnsupportedError for what is not in this part of the language, or not in the language at all */
export function parseRegex(pattern: string): RegexNode {
  const parser = new RegexParser(pattern);
  const node = parser.alternatives(0, false);
  if (!parser.done) throw parser.unsupported("an unmatched )");
  return node;
}

class RegexParser {
  private at = 0;
  private readonly pattern: string;

  constructor(pattern: string) {
    this.pattern = pattern;
    if (pattern.length > MAX_LENGTH) throw this.unsupported(`${pattern.length} characters, at most ${MAX_LENGTH}`);
  }

  get done(): boolean {
    return this.at >= this.pattern.length;
  }

  unsupported(what: string): UnsupportedError {
    const shown = this.pattern.length > 200 ? `${this.pattern.slice(0, 200)}...` : this.pattern;
    return new UnsupportedError(`split pattern ${shown} has ${what} (near character ${this.at}), which cria does not read`);
  }

  private take(text: string): boolean {
    if (!this.pattern.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  private char(): string {
    if (this.done) throw this.unsupported("an unfinished end");
    const char = String.fromCodePoint(this.pattern.codePointAt(this.at)!);
    this.at += char.length;
    return char;
  }

  alternatives(depth: number, ignoreCase: boolean): RegexNode {
    if (depth > MAX_DEPTH) throw this.unsupported(`groups more than ${MAX_DEPTH} deep`);
    let fold = ignoreCase;
    const choices: RegexNode[][] = [[]];
    while (!this.done && this.pattern[this.at] !== ")") {
      if (this.take("|")) choices.push([]);
      else if (this.take("(?i)")) fold = true;
      else if (this.take("(?-i)")) fold = false;
      else choices.at(-1)!.push(this.repeated(this.atom(depth, fold)));
    }
    const parts = choices.map((list): RegexNode => (list.length === 1 ? list[0] : { kind: "sequence", parts: list }));
    return parts.length === 1 ? parts[0] : { kind: "either", parts };
  }

  private atom(depth: number, fold: boolean): RegexNode {
    if (this.take("(?=") || this.take("(?!")) return this.lookAhead(depth, fold, this.pattern[this.at - 1] === "!");
    if (this.take("(?:")) return this.group(depth, fold);
    if (this.take("(?i:")) return this.group(depth, true);
    if (this.take("(?-i:")) return this.group(depth, false);
    if (this.pattern.startsWith("(?", this.at)) throw this.unsupported(`a group ${this.pattern.slice(this.at, this.at + 4)}`);
    if (this.take("(")) return this.group(depth, fold);
    if (this.take("[")) return { kind: "set", set: new CharSet(this.charClass(depth), fold) };
    if (this.take(".")) return { kind: "set", set: new CharSet("[^\\n]", false) };
    if (this.take("^")) return { kind: "lineStart" };
    if (this.take("$")) return { kind: "lineEnd" };
    if (this.take("\\A")) return { kind: "textStart" };
    if (this.take("\\z")) return { kind: "textEnd" };
    const char = this.pattern[this.at];
    if (char === "*" || char === "+" || char === "?") throw this.unsupported(`a ${char} after nothing`);
    return { kind: "set", set: new CharSet(`[${this.classItem()}]`, fold) };
  }

  private group(depth: number, fold: boolean): RegexNode {
    const node = this.alternatives(depth + 1, fold);
    if (!this.take(")")) throw this.unsupported("an unclosed group");
    return node;
  }

  private lookAhead(depth: number, fold: boolean, negative: boolean): RegexNode {
    const node = this.group(depth, fold);
    if (node.kind !== "set") throw this.unsupported("a look-ahead at more than one character");
    return { kind: "next", set: node.set, negative };
  }

  private repeated(node: RegexNode): RegexNode {
    let result = node;
    for (;;) {
      const bounds = this.bounds();
      if (!bounds) return result;
      const [min, max, braces] = bounds;
      const mode: RepeatMode = this.take("?") ? "lazy" : !braces && this.take("+") ? "possessive" : "greedy";
      if (mode === "possessive" && result.kind !== "set") throw this.unsupported("a possessive repetition of a group");
      result = { kind: "repeat", node: result, min, max, mode };
    }
  }

  private bounds(): [min: number, max: number, braces: boolean] | undefined {
    if (this.take("*")) return [0, Number.POSITIVE_INFINITY, false];
    if (this.take("+")) return [1, Number.POSITIVE_INFINITY, false];
    if (this.take("?")) return [0, 1, false];
    const braces = /^\{(\d{0,4})(,?)(\d{0,4})\}/.exec(this.pattern.slice(this.at, this.at + 12));
    if (!braces || (braces[1] === "" && braces[3] === "")) return undefined;
    this.at += braces[0].length;
    const min = Number(braces[1]);
    const max = braces[2] === "" ? min : braces[3] === "" ? Number.POSITIVE_INFINITY : Number(braces[3]);
    if (max < min) throw this.unsupported(`a repetition ${braces[0]}`);
    return [min, max, true];
  }

  /** What follows a `[`, as a class of JavaScript's `v` syntax; classes may nest and intersect. */
  private charClass(depth: number): string {
    if (depth > MAX_DEPTH) throw this.unsupported(`classes more than ${MAX_DEPTH} deep`);
    const caret = this.take("^") ? "^" : "";
    const operands: string[] = [""];
    for (let first = true; first || !this.take("]"); first = false) {
      if (this.take("&&")) operands.push("");
      else if (this.take("[:")) throw this.unsupported("a POSIX class");
      else if (this.take("[")) operands[operands.length - 1] += this.charClass(depth + 1);
      else operands[operands.length - 1] += this.classRange();
    }
    return `[${caret}${operands.length === 1 ? operands[0] : operands.map((operand) => `[${operand}]`).join("&&")}]`;
  }

  private classRange(): string {
    const from = this.classItem();
    if (!this.pattern.startsWith("-", this.at) || this.pattern.startsWith("-]", this.at) || !from.startsWith("\\u{")) return from;
    this.at++;
    const to = this.classItem();
    const bounds = [from, to].map((item) => Number.parseInt(item.slice(3), 16));
    if (!to.startsWith("\\u{") || bounds[0] > bounds[1]) throw this.unsupported("a wrong range in a class");
    return `${from}-${to}`;
  }

  /** One character, as `\u{..}`, or one escape that stands for several. */
  private classItem(): string {
    const char = this.char();
    if (char !== "\\") return literal(char.codePointAt(0)!);
    const escaped = this.char();
    if (Object.hasOwn(escapes, escaped)) return escapes[escaped];
    if (Object.hasOwn(controls, escaped)) return literal(controls[escaped]);
    if (escaped === "p" || escaped === "P") return this.property(escaped === "P");
    if (escaped === "x" || escaped === "u") {
      const hex = /^(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{2,4}))/.exec(this.pattern.slice(this.at, this.at + (escaped === "x" ? 8 : 4)));
      const digits = hex?.[1] ?? hex?.[2]?.slice(0, escaped === "x" ? 2 : 4);
      if (!hex || digits === undefined || Number.parseInt(digits, 16) > 0x10ffff) throw this.unsupported(`a wrong escape \\${escaped}`);
      this.at += hex[1] === undefined ? digits.length : hex[0].length;
      return literal(Number.parseInt(digits, 16));
    }
    if (/[0-9A-Za-z]/.test(escaped)) throw this.unsupported(`the escape \\${escaped}`);
    return literal(escaped.codePointAt(0)!);
  }

  private property(negative: boolean): string {
    const match = /^\{(\^?)([A-Za-z_ ]{1,40})\}/.exec(this.pattern.slice(this.at, this.at + 44));
    if (!match) throw this.unsupported("a wrong \\p{...}");
    this.at += match[0].length;
    const letter = negative !== (match[1] === "^") ? "P" : "p";
    for (const name of [match[2], `Script=${match[2]}`]) {
      const source = `\\${letter}{${name}}`;
      if (isSource(source)) return source;
    }
    throw this.unsupported(`the property \\p{${match[2]}}`);
  }
}

function literal(codePoint: number): string {
  return `\\u{${codePoint.toString(16)}}`;
}

function isSource(source: string): boolean {
  try {
    new RegExp(source, "v");
    return true;
  } catch {
    return false;
  }
}
