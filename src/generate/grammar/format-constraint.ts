// Formats as constraints: a grammar compiled for a vocabulary says which tokens may come next. Compiled grammars are kept, since most requests with a format
// are sent again and again with the same one.
import { InternalError, UsageError } from "../../errors.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { Constraint } from "../constraint.ts";
import { formatKey, type Layout, type PreparedFormat, prepareFormat } from "./prepare-format.ts";
import { type CompilerHandle, createXGrammar, type Handle, type MatcherHandle, type XGrammar } from "./xgrammar.ts";

export interface FormatConstraint extends Constraint {
  /** Asks once more, when the text is whole. @throws InternalError for one that is not of the format */
  verify(text: string): void;
}

interface Compiled {
  readonly program: XGrammar;
  readonly grammar: Handle;
  readonly format: PreparedFormat;
}

/** A compiled grammar at the beginning of a text. */
interface Matching {
  readonly program: XGrammar;
  readonly matcher: MatcherHandle;
  readonly format: PreparedFormat;
}

/** Grammars that are kept for a vocabulary: each takes a few megabytes at most. */
const MOST_KEPT = 32;
/** Memory of WebAssembly never shrinks: beyond this, in bytes, a fresh program takes over, and the old one goes with its last request. */
const MOST_MEMORY = 256 * 2 ** 20;
/** Milliseconds for the tokens of one place. Grammars that read a text in very many ways become slower and slower, and others wait meanwhile. */
const SLOWEST_STEP = 3000;

const compilers = new WeakMap<Tokenizer, FormatCompiler>();

interface FormatCompiler {
  begin(format: Layout): Promise<Matching>;
}

/**
 * What an answer of `format` may be.
 *
 * @param ends false: end tokens are forbidden as long as anything else may come
 * @throws UsageError naming what of the format cannot be enforced
 */
export async function formatConstraint(tokenizer: Tokenizer, format: Layout, ends = true): Promise<FormatConstraint> {
  let compiler = compilers.get(tokenizer);
  if (!compiler) {
    compiler = createCompiler(tokenizer);
    compilers.set(tokenizer, compiler);
  }
  return constrain(await compiler.begin(format), tokenizer, ends);
}

function createCompiler(tokenizer: Tokenizer): FormatCompiler {
  /** The latest last. */
  const kept = new Map<string, Promise<Compiled>>();
  let current: ReturnType<typeof start> | undefined;
  const start = async (): Promise<{ program: XGrammar; compiler: CompilerHandle }> => {
    const program = await createXGrammar();
    return { program, compiler: program.compiler(piecesOf(tokenizer), [...tokenizer.endIds, tokenizer.vocabSize]) };
  };
  const running = async (): ReturnType<typeof start> => {
    current ??= start();
    const asked = current;
    const found = await asked;
    if (!found.program.broken && found.program.memoryBytes < MOST_MEMORY) return found;
    if (current === asked) {
      kept.clear();
      current = start();
    }
    return current;
  };

  const compile = async (key: string): Promise<Compiled> => {
    const prepared = await prepareFormat(key);
    const { program, compiler } = await running();
    const parsed = program.parse(prepared.grammar);
    const grammar = program.run(() => compiler.CompileGrammar(parsed));
    parsed.delete();
    return { program, grammar, format: prepared };
  };

  return {
    async begin(format) {
      const key = formatKey(format);
      const compiled = kept.get(key) ?? compile(key);
      kept.delete(key);
      kept.set(key, compiled);
      const [oldest] = kept.keys();
      if (kept.size > MOST_KEPT) {
        const dropped = kept.get(oldest)!;
        kept.delete(oldest);
        dropped.then(({ grammar }) => grammar.delete()).catch(() => {});
      }
      try {
        const { program, grammar, format } = await compiled;
        return { program, matcher: program.matcher(grammar), format }; // at once: the grammar may be dropped in the next moment
      } catch (error) {
        if (kept.get(key) === compiled) kept.delete(key);
        throw error;
      }
    },
  };
}

/**
 * Exact bytes, so that characters in several tokens, and broken ones, are followed byte by byte. Special tokens are no text: they never come. One more that there is not
 * may come where a text may end, also in a vocabulary without end tokens.
 */
function piecesOf(tokenizer: Tokenizer): Uint8Array[] {
  const special = new Set([...tokenizer.specialTokens.values(), ...tokenizer.endIds]);
  return Array.from(
    { length: tokenizer.vocabSize + 1 },
    (_, id) => (special.has(id) ? undefined : tokenizer.bytes(id)) ?? new Uint8Array(0),
  );
}

/** What may come next. */
interface Next {
  /** A bit for each token. */
  readonly allowed: Int32Array;
  /** Whether any of them is more than an end. */
  readonly goesOn: boolean;
}

function constrain({ program, matcher: begun, format }: Matching, { vocabSize, endIds }: Tokenizer, ends: boolean): FormatConstraint {
  let matcher: MatcherHandle | undefined = begun;
  let next: Next | undefined;
  let ended = false;
  let row = new Float32Array(0);

  const alive = (): MatcherHandle => {
    if (!matcher) throw new InternalError("a constraint was asked after it was disposed of");
    return matcher;
  };
  const look = (): Next => {
    const started = performance.now();
    const vector = program.run(() => alive().GetNextTokenBitmask(vocabSize + 1));
    const allowed = program.vecIntToView(vector).slice();
    vector.delete();
    if (performance.now() - started > SLOWEST_STEP) {
      throw new UsageError("the grammar can be read in too many ways to be enforced in time: write it so that each text has one");
    }
    const others = allowed.slice();
    for (const id of [...endIds, vocabSize]) others[id >> 5] &= ~(1 << (id & 31));
    const goesOn = others.some((word) => word !== 0);
    if (!goesOn && !has(allowed, vocabSize))
      throw new UsageError("the vocabulary of the model has no token for what the format asks for next");
    return { allowed: goesOn && !ends ? others : allowed, goesOn };
  };

  return {
    mask(scores) {
      next ??= look();
      const { allowed } = next;
      if (row.length !== scores.length) row = new Float32Array(scores.length);
      row.fill(Number.NEGATIVE_INFINITY);
      for (let word = 0; 32 * word < vocabSize; word++) {
        const bits = allowed[word];
        if (bits === 0) continue;
        const last = Math.min(32, vocabSize - 32 * word);
        for (let bit = 0, id = 32 * word; bit < last; bit++, id++) if ((bits >>> bit) & 1) row[id] = scores[id];
      }
      return row;
    },
    accept(id) {
      if (!program.run(() => alive().AcceptToken(id, false))) throw new InternalError(`token ${id} came, which the grammar forbids`);
      ended ||= endIds.has(id);
      next = undefined;
    },
    acceptText(text) {
      const taken = program.run(() => alive().AcceptString(text, false));
      if (taken) next = undefined;
      return taken;
    },
    get finished() {
      if (ended) return true;
      next ??= look();
      return !next.goesOn;
    },
    verify: (text) => format.verify(text),
    dispose() {
      matcher?.delete();
      matcher = undefined;
    },
  };
}

function has(bits: Int32Array, id: number): boolean {
  return ((bits[id >> 5] >>> (id & 31)) & 1) === 1;
}
