// A text in which tokenizers differ: contractions, capitals, digits, runs of white space and of signs, scripts with and without case, symbols. No letters
// apart from their marks: Qwen's tokenizers join them (NFC), which a GGUF cannot say and llama.cpp leaves out too.
export const probeText: string = [
  "Hello World, it's I'LL don'T we've CamelCaseWORDSmixed HTTPServer2 x1y22z333 4444 55555 1234567890 3.14159 $99.50 50%",
  "\n\n  indented\t\ttabs   and    spaces \r\n\r\n \n  trailing   \n",
  'if (a[i] != b_j && !c) { return `x` + "y" / 2; } // ---- ==== .... !!! ???/\n/path/to/file.txt?q=1&r=2#z <|tag|> [INST] <<SYS>>',
  " na\u00efve caf\u00e9 \u00dcn\u00efc\u00f6d\u00e9 \u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac \u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440! \u0645\u0631\u062d\u0628\u0627\u060c \u05e9\u05dc\u05d5\u05dd \u0939\u093f\u0928\u094d\u0926\u0940\u0964",
  " \u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8\u3002\u4e2d\u6587\uff0c123\u5e74\u3001\ud55c\uad6d\uc5b4 \u0e44\u0e17\u0e22 \u{1f999}\u{1f999} \u{1f468}\u200d\u{1f469} \u2026 \u00ab\u2013\u00bb \u00a0\u3000 \u00b2\u00bd \u0663\u0664\u0665 \u20ac+<=>^~|",
].join("");
