import { describe, expect, it } from "vitest";
import { UnsupportedError } from "../../errors.ts";
import { createRng, type Rng } from "../../tensor/rng.ts";
import { finish } from "../pauses.ts";
import { regexMatches } from "./regex-match.ts";
import { Spans } from "./split.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function matches(pattern: string, text: string): string[] {
  const bytes = encoder.encode(text);
  const spans = new Spans();
  finish(regexMatches(pattern)(bytes, 0, bytes.length, spans));
  return Array.from(
    { length: spans.length / 2 },
    (_, i) => `${spans.data[2 * i]}:${decoder.decode(bytes.subarray(spans.data[2 * i], spans.data[2 * i + 1]))}`,
  );
}

/** A pattern over a, b and c whose repetitions all take at least one character: empty ones are where engines differ. */
function randomPattern(rng: Rng, depth: number): string {
  const atom = (): string => {
    const kind = rng.integer(depth > 0 ? 8 : 5);
    if (kind < 3) return "abc"[kind];
    if (kind === 3) return ["[ab]", "[^a]", "[b-c]"][rng.integer(3)];
    if (kind === 4) return ".";
    return `(?:${randomPattern(rng, depth - 1)})`;
  };
  const part = (): string => {
    const kind = rng.integer(12);
    if (kind === 0) return ["(?!a)", "(?=[bc])"][rng.integer(2)] + atom();
    if (kind < 6) return atom();
    return "abc"[rng.integer(3)] + ["*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,2}?", "{2,}"][rng.integer(10)];
  };
  const sequence = (): string => Array.from({ length: 1 + rng.integer(3) }, part).join("");
  return Array.from({ length: 1 + rng.integer(3) }, sequence).join("|");
}

describe("the matcher of split patterns", () => {
  it("finds what RegExp finds, with random patterns and texts", () => {
    const rng = createRng(3);
    for (let i = 0; i < 3000; i++) {
      const pattern = randomPattern(rng, 2);
      const text = Array.from({ length: rng.integer(14) }, () => "abc"[rng.integer(3)]).join("");
      const expected = Array.from(text.matchAll(new RegExp(pattern, "gu")), (match) => `${match.index}:${match[0]}`);
      expect(matches(pattern, text), `${pattern} in ${text}`).toEqual(expected);
    }
  });

  it.each([
    [String.raw`\d+`, "a12 \u0663", ["1:12", "4:\u0663"]],
    [String.raw`\w+`, "h\u00e9_1 \u4f60-x", ["0:h\u00e9_1", "6:\u4f60", "10:x"]],
    [String.raw`[\s&&[^\n]]+`, "a \n\t\u0085", ["1: ", "3:\t\u0085"]],
    [String.raw`[^(\s|[.,])]+`, "ab (c.)d", ["0:ab", "4:c", "7:d"]],
    ["[a[bc]]+", "xabcd", ["1:abc"]],
    ["(?i:straSSe)", "STRASSE", ["0:STRASSE"]],
    ["(?i)k(?-i)k", "\u212ak KK", ["0:\u212ak"]],
    [String.raw`\p{Han}+|\p{^L}`, "a\u4f60\u597d1", ["1:\u4f60\u597d", "7:1"]],
    [String.raw`\x41|\x{1F600}|\u0042`, "ABC\u{1f600}", ["0:A", "1:B", "3:\u{1f600}"]],
    ["a++b|a", "aaab", ["0:aaab"]],
    ["a*+a", "aaa", []],
    ["^a|b$", "ab\nab", ["0:a", "1:b", "3:a", "4:b"]],
    [String.raw`\Aa|b\z`, "ab\nab", ["0:a", "4:b"]],
    ["a{,2}", "aaa", ["0:aa", "2:a", "3:"]],
    ["x*", "ab", ["0:", "1:", "2:"]],
    ["a{2", "a{2", ["0:a{2"]],
  ])("reads %s as Oniguruma does", (pattern, text, expected) => {
    expect(matches(pattern, text)).toEqual(expected);
  });

  it.each([
    "(?<=a)b",
    "(?<!a)b",
    "(?>a)",
    "(a)\\1",
    "\\bword",
    "(?=ab)",
    "(?:ab)++",
    "(?<name>a)",
    "\\p{Nonsense}",
    "\\p{",
    "(",
    "a)",
    "[a",
    "*a",
    "a|*",
    "[[:alpha:]]",
    "[z-a]",
    "\\",
    "a{3,2}",
    "(?x) a",
    "\\k<a>",
    "\\x{110000}",
  ])("refuses %s by name", (pattern) => {
    expect(() => regexMatches(pattern)).toThrow(UnsupportedError);
    expect(() => regexMatches(pattern)).toThrow(pattern);
  });

  it("refuses giants before they cost anything", () => {
    for (const pattern of [
      "(".repeat(10_000),
      "[".repeat(10_000),
      "a".repeat(30_000),
      "(?:(?:a{999}){999}){999}",
      "(?:(?:(?:){9999}){9999}){9999}a{9999}",
    ]) {
      expect(() => regexMatches(pattern), pattern.slice(0, 40)).toThrow(UnsupportedError);
    }
    expect(matches("(?:(?:(?:){9999}){9999}){9999}a", "a")).toEqual(["0:a"]);
  });

  // Patterns on which backtracking takes exponential or quadratic time. The text's reads are counted.
  it.each(["(a+)+b", "(a|a)*b", "(a|aa)+$", "(?:a*)*b", "a*b", "\\s+$", "(a?){30}a{30}", ".*.*.*x", "(?:a|b|ab)*c"])(
    "takes linear time for %s",
    (pattern) => {
      for (const unit of ["a", " ", "ab"]) {
        const find = regexMatches(pattern);
        const reads = [1500, 3000].map((length) => {
          let count = 0;
          const bytes = new Proxy(encoder.encode(`${unit.repeat(length / unit.length)}!`), {
            get(target, key) {
              count++;
              return Reflect.get(target, key);
            },
          });
          finish(find(bytes, 0, bytes.length, new Spans()));
          return count;
        });
        expect(reads[1], unit).toBeLessThan(reads[0] * 2.2);
      }
    },
  );
});
