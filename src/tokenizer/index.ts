// The public API of the tokenizers: cria/tokenizer.

export { parseTiktoken } from "./bpe/tiktoken.ts";
export { parseVocabMerges } from "./bpe/vocab-merges.ts";
export { createGgufTokenizer } from "./gguf-tokenizer.ts";
export { parseTokenizerJson } from "./json/tokenizer-json.ts";
export { loadTokenizer, tokenizerFiles } from "./load.ts";
export { parseSentencePiece } from "./sentencepiece/sentencepiece.ts";
export type { DecodeOptions, EncodeOptions, Tokenizer, TokenStream } from "./tokenizer.ts";
export { ggufTokenizerMetadata } from "./training/gguf-metadata.ts";
export { type TrainedTokenizer, type TrainTokenizerOptions, trainTokenizer } from "./training/train-tokenizer.ts";
export type { TrainedVocabulary } from "./training/vocabulary.ts";
export { writeSentencePiece } from "./training/write-sentencepiece.ts";
export { writeTokenizerConfig, writeTokenizerJson } from "./training/write-tokenizer-json.ts";
