// The public API of the tokenizers: cria/tokenizer.
export { createGgufTokenizer } from "./gguf-tokenizer.ts";
export { loadTokenizer, tokenizerFiles } from "./load.ts";
export { parseSentencePiece } from "./sentencepiece.ts";
export { parseTiktoken } from "./tiktoken.ts";
export type { DecodeOptions, EncodeOptions, Tokenizer, TokenStream } from "./tokenizer.ts";
export { parseTokenizerJson } from "./tokenizer-json.ts";
export { parseVocabMerges } from "./vocab-merges.ts";
