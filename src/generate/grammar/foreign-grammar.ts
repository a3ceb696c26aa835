// Grammars that others wrote, in XGrammar's EBNF (llama.cpp's GBNF is nearly the same). They are looked through before XGrammar sees them with a vocabulary:
// what its repetitions unfold to, and whether it reads them at all.
import { UsageError } from "../../errors.ts";
import { MOST_WORK, stateWork } from "./rules.ts";
import { createXGrammar, type XGrammar } from "./xgrammar.ts";

/** Letters of a grammar: programming languages take some 20,000. */
const LONGEST = 100_000;

/** Work of a letter that has to come, or of a reference. */
const LETTER = 0.01;
/** Of a group, also of an empty one, which XGrammar repeats as often as it is told. */
const GROUP = 0.01;

/** An instance without a vocabulary: a grammar that is none breaks it, and nobody minds. */
let reader: XGrammar | undefined;

/** @throws UsageError for a grammar that cannot be read, in XGrammar's words, or that is too large */
export async function foreignGrammar(grammar: unknown): Promise<string> {
  if (typeof grammar !== "string") throw new UsageError(`grammar: ${JSON.stringify(grammar)} was given, expected a text`);
  if (grammar.length > LONGEST) throw new UsageError(`grammar: it has ${grammar.length} letters, ${LONGEST} at most can be enforced`);
  if (unfoldedWork(grammar) > MOST_WORK) {
    throw new UsageError("grammar: with its repetitions unfolded it is too large to be enforced token by token: ask for fewer");
  }
  if (!reader || reader.broken) reader = await createXGrammar();
  reader.parse(grammar).delete();
  return grammar;
}

/** What opens a text or a class and is not closed stands alone: all behind it has been looked through once, and is not again. */
const token = /#[^\n]*|"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|["[]|\{(\d+)(?:(,)\s*(\d*))?\}|[().*+?|]|[\w-]+|::=/gs;

/** The work of compiling, repetitions unfolded; references to rules are not. @throws UsageError for a text or a class without an end */
function unfoldedWork(grammar: string): number {
  /** The sums of the open groups, and what the last part of each took. */
  const groups = [{ sum: 0, last: 0 }];
  for (const match of grammar.matchAll(token)) {
    const [text, min, range, max] = match;
    if (text === '"' || text === "[") {
      throw new UsageError(`grammar: the ${text} in line ${grammar.slice(0, match.index).split("\n").length} is never closed`);
    }
    const group = groups[groups.length - 1];
    if (text === "(") groups.push({ sum: 0, last: 0 });
    else if (text === ")" && groups.length > 1) {
      const outer = groups[groups.length - 2];
      outer.last = groups.pop()!.sum + GROUP;
      outer.sum += outer.last;
    } else if (min !== undefined) {
      const times = Math.max(Number(min), Number(max || 0), range ? 1 : 0);
      group.sum += group.last * (times - 1);
      group.last *= times;
    } else {
      group.last = text.startsWith("[") ? stateWork(/^\[\^|[^\x20-\x7e]|\\[xuU]/.test(text)) : LETTER * text.length;
      group.sum += group.last;
    }
  }
  return groups.reduce((sum, group) => sum + group.sum, 0);
}
