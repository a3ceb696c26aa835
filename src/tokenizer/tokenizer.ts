// What a tokenizer is to everything above it, whichever algorithm and file it comes from.

export interface EncodeOptions {
  /** Add the tokens that the model wants around a text (BOS, EOS), as its file says. Default false. */
  addSpecial?: boolean;
  /** Read special tokens that stand literally in the text (`<|im_end|>`) as what they name. Default false: text of strangers stays text. */
  parseSpecial?: boolean;
}

export interface DecodeOptions {
  /** Leave special tokens out of the text. Default false. */
  skipSpecial?: boolean;
  /** The ids continue a text: keep the space before the first word, which SentencePiece's models drop at the start of a text. Default false. */
  continues?: boolean;
}

/** Turns ids into text as they arrive; never emits half a character. */
export interface TokenStream {
  /** The text that may be shown after this id: all complete characters so far. */
  push(id: number): string;
  /** What is left at the end of the stream: broken characters become U+FFFD. */
  end(): string;
}

/** Text to token ids and back. */
export interface Tokenizer {
  readonly vocabSize: number;
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  /** Every id that ends an answer: EOS, end of turn, end of message. */
  readonly endIds: ReadonlySet<number>;
  /** Literal text of each special token to its id. */
  readonly specialTokens: ReadonlyMap<string, number>;
  encode(text: string, options?: EncodeOptions): number[];
  decode(ids: readonly number[], options?: DecodeOptions): string;
  stream(options?: DecodeOptions): TokenStream;
  /** The piece of one id as its vocabulary writes it (for display), undefined for an id outside it. */
  piece(id: number): string | undefined;
  /** What an id stands for, in UTF-8: maybe a part of a character only. Undefined for an id outside the vocabulary. */
  bytes(id: number): Uint8Array | undefined;
}

export interface StepOptions extends EncodeOptions {
  /** A character that is left out, but only after special tokens were found: one that it cuts stays text. */
  guard?: string;
}

/** What every tokenizer of this folder can do besides, for prompts; not public. */
export interface SteppedTokenizer extends Tokenizer {
  /** encode() in steps, each of some milliseconds at most, with the ids so far: those stay, and more come. At the end they are the same. */
  encodeSteps(text: string, options?: StepOptions): Generator<number[], number[]>;
}
