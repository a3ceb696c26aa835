// Template source to tokens, by the rules of jinja2 3.1 with trim_blocks and lstrip_blocks, as transformers sets it up: the newline after
// a block goes, the spaces before a block that starts its line go, "-" and "+" inside a delimiter say otherwise, one newline at the end goes.
import { FormatError } from "../../errors.ts";
import { isSpace, SPACE } from "./text.ts";

export type TokenType =
  | "text"
  | "begin-block"
  | "end-block"
  | "begin-print"
  | "end-print"
  | "name"
  | "string"
  | "int"
  | "float"
  | "operator"
  | "end";

export interface Token {
  readonly type: TokenType;
  /** The text, the name or operator, the contents of the string, or the number as JavaScript reads it. */
  readonly value: string;
  readonly line: number;
}

/** @throws FormatError with the line */
export function syntaxError(message: string, line: number): FormatError {
  return new FormatError(`chat template, line ${line}: ${message}`);
}

const digits = "\\d+(?:_\\d+)*";
const lexemes: readonly [TokenType | "space", RegExp][] = [
  ["space", new RegExp(`[${SPACE}]+`, "y")],
  ["float", new RegExp(`(?<!\\.)${digits}(?:(?:\\.${digits})?e[+-]?${digits}|\\.${digits})`, "iy")],
  ["int", /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy],
  ["name", /[\p{L}_][\p{L}\p{M}\p{N}_]*/uy],
  ["string", /'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*"/sy],
  ["operator", /\/\/|\*\*|[=!<>]=|[-+*/%~[\](){}<>=.:|,;]/y],
];
const endOfBlock = new RegExp(`\\+%\\}|-%\\}[${SPACE}]*|%\\}\\n?`, "y");
const endOfPrint = new RegExp(`-\\}\\}[${SPACE}]*|\\}\\}`, "y");
const beginRaw = new RegExp(`\\{%[-+]?[${SPACE}]*raw[${SPACE}]*(?:-%\\}[${SPACE}]*|%\\})`, "y");
const endRaw = new RegExp(`\\{%([-+]?)[${SPACE}]*endraw[${SPACE}]*(?:\\+%\\}|-%\\}[${SPACE}]*|%\\}\\n?)`, "g");
const closing: Record<string, string> = { "(": ")", "[": "]", "{": "}" };

export function tokenize(template: string): Token[] {
  const source = template.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  const tokens: Token[] = [];
  let position = 0;
  let line = 1;
  /** Whether what was read last ended in a newline: spaces in front of a block then stand at the start of a line. */
  let lineStarts = true;

  const advance = (end: number): string => {
    const read = source.slice(position, end);
    position = end;
    for (let i = read.indexOf("\n"); i >= 0; i = read.indexOf("\n", i + 1)) line++;
    lineStarts = read.endsWith("\n");
    return read;
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position;
    return pattern.test(source) ? source.slice(position, pattern.lastIndex) : undefined;
  };
  const push = (type: TokenType, value: string, at = line) => tokens.push({ type, value, line: at });

  /** Text in front of a delimiter: without the white space that the delimiter's sign or lstrip_blocks takes away. */
  const pushText = (text: string, sign: string | undefined, strips: boolean, startsLine: boolean) => {
    let end = text.length;
    if (sign === "-" || (sign !== "+" && strips))
      while (end > 0 && isSpace(text[end - 1]!) && (sign === "-" || text[end - 1] !== "\n")) end--;
    const toLineStart = sign === "-" || (end === 0 ? startsLine : text[end - 1] === "\n");
    const kept = toLineStart ? text.slice(0, end) : text;
    if (kept !== "") push("text", kept);
  };

  const readComment = () => {
    const end = source.indexOf("#}", position);
    if (end < 0) throw syntaxError("the comment has no end (#})", line);
    const strips = source[end - 1] === "-" && end > position;
    const keeps = source[end - 1] === "+" && end > position;
    advance(end + 2);
    if (strips) skipSpace();
    else if (!keeps && source[position] === "\n") advance(position + 1);
  };
  const skipSpace = () => {
    const space = match(lexemes[0]![1]);
    if (space) advance(position + space.length);
  };
  const readRaw = (opening: string) => {
    advance(position + opening.length);
    const startsLine = lineStarts;
    endRaw.lastIndex = position;
    const end = endRaw.exec(source);
    if (!end) throw syntaxError("raw has no {% endraw %}", line);
    pushText(source.slice(position, end.index), end[1], true, startsLine);
    advance(end.index + end[0].length);
  };

  /** The inside of {% %} or {{ }}, with its end. */
  const readCode = (end: RegExp, endType: TokenType) => {
    const open: string[] = [];
    const start = line;
    for (;;) {
      const ending = open.length === 0 ? match(end) : undefined;
      if (ending !== undefined) {
        push(endType, "");
        advance(position + ending.length);
        return;
      }
      if (position >= source.length)
        throw syntaxError(`the ${endType === "end-print" ? "{{" : "{%"} of line ${start} is never closed`, line);
      const [type, lexeme] = nextLexeme();
      if (type === "operator") balance(open, lexeme, line);
      if (type !== "space")
        push(
          type,
          type === "string"
            ? unescaped(lexeme.slice(1, -1), line)
            : type === "name" || type === "operator"
              ? lexeme
              : lexeme.replaceAll("_", ""),
        );
      advance(position + lexeme.length);
    }
  };
  const nextLexeme = (): [TokenType | "space", string] => {
    for (const [type, pattern] of lexemes) {
      const lexeme = match(pattern);
      if (lexeme !== undefined) return [type, lexeme];
    }
    throw syntaxError(`unexpected character "${String.fromCodePoint(source.codePointAt(position)!)}"`, line);
  };

  const delimiter = /\{[{%#]/g;
  for (;;) {
    delimiter.lastIndex = position;
    const begin = delimiter.exec(source)?.index ?? source.length;
    const startsLine = lineStarts;
    const text = advance(begin);
    const kind = source[begin + 1];
    const mark = source[begin + 2];
    const sign = mark === "-" || mark === "+" ? mark : undefined;
    pushText(text, begin < source.length ? sign : "+", kind !== "{", startsLine);
    if (begin >= source.length) {
      push("end", "");
      return tokens;
    }
    const raw = match(beginRaw);
    if (raw !== undefined) {
      readRaw(raw);
      continue;
    }
    advance(begin + (sign ? 3 : 2));
    if (kind === "#") readComment();
    else {
      push(kind === "%" ? "begin-block" : "begin-print", "");
      if (kind === "%") readCode(endOfBlock, "end-block");
      else readCode(endOfPrint, "end-print");
    }
  }
}

function balance(open: string[], operator: string, line: number): void {
  if (operator in closing) open.push(closing[operator]!);
  else if (operator === ")" || operator === "]" || operator === "}") {
    const expected = open.pop();
    if (expected !== operator)
      throw syntaxError(expected ? `unexpected "${operator}", expected "${expected}"` : `unexpected "${operator}"`, line);
  }
}

const escapes: Record<string, string> = { n: "\n", t: "\t", r: "\r", a: "\x07", b: "\b", f: "\f", v: "\v", "\n": "" };

/** Python's escapes inside a string; a backslash before anything else stays. */
function unescaped(text: string, line: number): string {
  return text.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|(.))/gs,
    (whole, x, u, long, octal, other: string | undefined) => {
      const hex: string | undefined = x ?? u ?? long;
      if (hex !== undefined || octal !== undefined) {
        const code = hex === undefined ? Number.parseInt(octal, 8) : Number.parseInt(hex, 16);
        if (code > 0x10ffff) throw syntaxError(`"${whole}" is no character`, line);
        return String.fromCodePoint(code);
      }
      if (/[xuUN]/.test(other!)) throw syntaxError(`the escape "${whole}" is not complete, or not supported`, line);
      if (Object.hasOwn(escapes, other!)) return escapes[other!]!;
      return /[\\'"]/.test(other!) ? other! : whole;
    },
  );
}
