// The pre-tokenizers of byte-level BPE vocabularies by the names that GGUF files give them (tokenizer.ggml.pre), with what
// llama.cpp does for each (src/llama-vocab.cpp there) and, where it approximates a pattern, the pattern that the model's makers published.
// Left out: names whose patterns look ahead further than one character (superbpe, tiny-aya), kimi-k2, afmoe, and the ones
// that are no byte-level BPE (gemma4, whitespace).

import { UnsupportedError } from "../../errors.ts";
import { shownValue } from "../json/fields.ts";
import { type Split, sequence } from "./split.ts";
import { gpt2Pattern, llama3Pattern, splitAtPattern } from "./split-patterns.ts";

const contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const notWord = String.raw`[^\r\n\p{L}\p{N}]?`;
const spaces = String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`;
const capitals = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
const smalls = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`;
// Words with at most one change from capitals to small letters.
const casedWords = (suffix: string): string => `${notWord}${capitals}*${smalls}+${suffix}|${notWord}${capitals}+${smalls}*${suffix}`;
const symbols = String.raw` ?[^\s\p{L}\p{N}]+[\r\n/]*`;

// DeepSeek's list of the letters of scripts that have case.
const casedLetters: string = [
  String.raw`A-Za-z\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}\x{1BC}-\x{1BF}\x{1C4}-\x{293}\x{295}-\x{2AF}\x{370}-\x{373}`,
  String.raw`\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386}\x{388}-\x{38A}\x{38C}\x{38E}-\x{3A1}\x{3A3}-\x{3F5}\x{3F7}-\x{481}`,
  String.raw`\x{48A}-\x{52F}\x{531}-\x{556}\x{10A0}-\x{10C5}\x{13A0}-\x{13F5}\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-\x{1CBF}`,
  String.raw`\x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77}\x{1D79}-\x{1D9A}\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D}\x{1F20}-\x{1F45}`,
  String.raw`\x{1F48}-\x{1F4D}\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}\x{1F5D}\x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}\x{1FBE}`,
  String.raw`\x{1FC2}-\x{1FC4}\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3}\x{1FD6}-\x{1FDB}\x{1FE0}-\x{1FEC}\x{1FF2}-\x{1FF4}\x{1FF6}-\x{1FFC}`,
  String.raw`\x{2102}\x{2107}\x{210A}-\x{2113}\x{2115}\x{2119}-\x{211D}\x{2124}\x{2126}\x{2128}\x{212A}-\x{212D}\x{212F}-\x{2134}\x{2139}`,
  String.raw`\x{213C}-\x{213F}\x{2145}-\x{2149}\x{214E}\x{2183}\x{2184}\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4}\x{2CEB}-\x{2CEE}\x{2CF2}`,
  String.raw`\x{2CF3}\x{A640}-\x{A66D}\x{A680}-\x{A69B}\x{A722}-\x{A76F}\x{A771}-\x{A787}\x{A78B}-\x{A78E}\x{AB70}-\x{ABBF}`,
  String.raw`\x{FB00}-\x{FB06}\x{FB13}-\x{FB17}\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}\x{10400}-\x{1044F}\x{104B0}-\x{104D3}`,
  String.raw`\x{104D8}-\x{104FB}\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF}\x{1E900}-\x{1E943}`,
].join("");

const cjk = String.raw`[\x{4E00}-\x{9FA5}\x{800}-\x{4E00}\x{AC00}-\x{D7FF}]+`;

const digit = String.raw`\p{N}`;
const bloom = String.raw` ?[^(\s|.,!?\x{2026}\x{3002}\x{FF0C}\x{3001}\x{964}\x{6D4}\x{60C}]+`;

/** What cuts first, and what cuts the pieces of that again. Compiled when asked for: a pattern costs some work, and a program meets one or two of them. */
const families: readonly (readonly [names: readonly string[], patterns: readonly string[]])[] = [
  [
    [
      "gpt-2",
      "phi-2",
      "mpt",
      "olmo",
      "jais",
      "trillion",
      "granite-docling",
      "exaone4",
      "gigachat",
      "mellum",
      "modern-bert",
      "roberta-bpe",
      "a.x-4.0",
    ],
    [gpt2Pattern],
  ],
  [
    ["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"],
    [digit, gpt2Pattern],
  ],
  [
    ["llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "dbrx", "smaug-bpe", "glm4", "chatglm-bpe"],
    [llama3Pattern(3)],
  ],
  [["qwen2", "deepseek-r1-qwen", "kormo", "megrez", "stablelm2", "hunyuan", "solar-open", "grok-2"], [llama3Pattern(1)]],
  [["qwen35"], [String.raw`${contraction}|${notWord}[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|${spaces}`]],
  [["falcon"], ["[\\p{P}$+<=>^~|`]+", gpt2Pattern, "[0-9][0-9][0-9]"]],
  [["deepseek-coder"], [String.raw`[\r\n]`, String.raw`\s?\p{L}+`, String.raw`\s?\p{P}+`, cjk, String.raw`\p{N}`]],
  [
    ["deepseek-llm"],
    [
      String.raw`[\r\n]`,
      String.raw`\s?[${casedLetters}]+`,
      String.raw`\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F}\x{3000}-\x{3002}]+`,
      String.raw`\s+$`,
      cjk,
      String.raw`\p{N}+`,
    ],
  ],
  [
    ["deepseek-v3", "hunyuan-dense", "joyai-llm"],
    [
      String.raw`\p{N}{1,3}`,
      String.raw`[\x{4E00}-\x{9FA5}\x{3040}-\x{30FF}]+`,
      String.raw`[!-/:-@\[-\x60{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|${spaces}`,
    ],
  ],
  [["tekken"], [String.raw`${casedWords("")}|\p{N}|${symbols}|${spaces}`]],
  [["gpt-4o", "llama4", "kanana2", "minimax-m2"], [String.raw`${casedWords(`${contraction}?`)}|\p{N}{1,3}|${symbols}|${spaces}`]],
  [["bloom", "poro-chat", "gpt3-finnish"], [bloom]],
  [["viking"], [bloom, String.raw`\p{N}`]],
  [["bailingmoe", "bailingmoe2", "llada-moe"], [llama3Pattern(1)]],
  [["seed-coder"], [String.raw`${contraction}|${notWord}\p{L}+|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|${spaces}`]],
  // What llama.cpp does where a file does not say.
  [["default"], [String.raw`[\p{P}$+<=>^~|]+`, gpt2Pattern, String.raw`\p{N}+`, "[0-9][0-9][0-9]"]],
];

const byName: ReadonlyMap<string, readonly string[]> = new Map(
  families.flatMap(([names, patterns]) => names.map((name) => [name, patterns] as const)),
);

/** All that are known; of those that do the same the best known comes first. */
export const preTokenizerNames: readonly string[] = [...byName.keys()];

/**
 * The pre-tokenizer of this name, as in a GGUF file's tokenizer.ggml.pre.
 *
 * @throws UnsupportedError for a name that is not known
 */
export function preTokenizer(name: string): Split {
  const splits = prePatterns(name).map((pattern) => splitAtPattern(pattern));
  return splits.length === 1 ? splits[0] : sequence(splits);
}

/** Its patterns: the first cuts a text, each further one what the one before it left. @throws UnsupportedError for a name that is not known */
export function prePatterns(name: string): readonly string[] {
  const patterns = byName.get(name);
  if (patterns) return patterns;
  throw new UnsupportedError(`pre-tokenizer ${shownValue(name)} is not known; known are ${preTokenizerNames.join(", ")}`);
}
