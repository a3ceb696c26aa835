// A TextModel and the tokens around it make a Tokenizer: special tokens are cut out of the text, BOS and EOS are added where
// asked for, and ids become text through one streaming decoder.

import { finish, type Steps } from "./pauses.ts";
import { type LiteralToken, literalSteps } from "./special-tokens.ts";
import type { TextModel } from "./text-model.ts";
import { decodeTokens, type LeadingSpace, tokenStream } from "./token-stream.ts";
import type { DecodeOptions, StepOptions, SteppedTokenizer } from "./tokenizer.ts";

/** What a file says about the tokens that are not made by the model's algorithm. */
interface TokensAround {
  /** Control tokens: found in a text only with parseSpecial, left out of a decoded text with skipSpecial. */
  readonly special: readonly LiteralToken[];
  /** What characters outside the vocabulary become: found in a text only with parseSpecial, always shown as the model shows it. */
  readonly unknown?: LiteralToken;
  /** Words that the file wants found whole in any text. */
  readonly words?: readonly LiteralToken[];
  readonly bosId?: number;
  readonly eosId?: number;
  /** Ids besides eosId that end an answer. */
  readonly endIds?: Iterable<number>;
  /** Ids that addSpecial puts before and after a text. */
  readonly before?: readonly number[];
  readonly after?: readonly number[];
}

const nothing: Uint8Array = new Uint8Array(0);

/** Makes a tokenizer. An id that neither the model nor a token knows decodes to nothing: models may have more rows than their vocabulary. */
export function assembleTokenizer(model: TextModel, around: TokensAround): SteppedTokenizer {
  const { special, unknown, words = [], before = [], after = [] } = around;
  const parsed = unknown ? [...special, unknown] : special;
  const specialIds = new Set(special.map((token) => token.id));
  const texts = new Map([...words, ...special].map((token) => [token.id, token.text]));
  const encoder = new TextEncoder();
  const textBytes = new Map([...texts].map(([id, text]) => [id, encoder.encode(text)]));
  const splitWords = literalSteps(words);
  const splitAll = literalSteps([...parsed, ...words]);

  const encodeSteps = function* (
    text: string,
    { addSpecial = false, parseSpecial = false, guard }: StepOptions = {},
  ): Generator<number[], number[]> {
    const ids: number[] = addSpecial ? [...before] : [];
    const parts = yield* showing(ids, (parseSpecial ? splitAll : splitWords)(text));
    for (const [index, part] of parts.entries()) {
      if (typeof part === "number") ids.push(part);
      else yield* showing(ids, model.encode(guard === undefined ? part : part.replaceAll(guard, ""), ids, index === 0));
    }
    if (addSpecial) ids.push(...after);
    return ids;
  };

  const bytesOf = ({ skipSpecial = false }: DecodeOptions): ((id: number) => Uint8Array) =>
    skipSpecial
      ? (id) => (specialIds.has(id) ? nothing : (textBytes.get(id) ?? model.bytes(id) ?? nothing))
      : (id) => textBytes.get(id) ?? model.bytes(id) ?? nothing;

  // SentencePiece writes a space as U+2581; only a piece that starts with it can hold the space that encoding put there.
  const startsWithSpace = (id: number): boolean => model.piece(id)?.startsWith("\u2581") ?? false;
  const leading = ({ continues = false }: DecodeOptions): LeadingSpace | undefined =>
    model.dropsLeadingSpace && !continues ? { startsWithSpace, all: model.dropsLeadingSpace === "all" } : undefined;

  return {
    vocabSize: [...texts.keys()].reduce((size, id) => Math.max(size, id + 1), model.vocabSize),
    bosId: around.bosId,
    eosId: around.eosId,
    endIds: new Set([...(around.eosId === undefined ? [] : [around.eosId]), ...(around.endIds ?? [])]),
    specialTokens: new Map(parsed.map((token) => [token.text, token.id])),
    encode: (text, { addSpecial, parseSpecial } = {}) => finish(encodeSteps(text, { addSpecial, parseSpecial })),
    encodeSteps,
    decode: (ids, options = {}) => decodeTokens(ids, bytesOf(options), leading(options)),
    stream: (options = {}) => tokenStream(bytesOf(options), leading(options)),
    piece: (id) => texts.get(id) ?? model.piece(id),
    bytes: (id) => textBytes.get(id) ?? model.bytes(id),
  };
}

/** Steps that show the ids so far. */
function* showing<T>(ids: number[], steps: Steps<T>): Generator<number[], T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    yield ids;
  }
}
