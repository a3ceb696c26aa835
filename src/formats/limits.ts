// What a file may ask of the reader's memory and time. Files come from strangers, so each limit is far above anything published and far below what hurts.

/** First read of a file, also what a URL keeps in memory: holds the whole header of most safetensors files in one request. */
export const firstReadBytes: number = 256 * 1024;

/** GGUF header. The largest known, with a vocabulary of 262,144 tokens and its merges, take 15 MB, and tokenizer.json, if embedded, 33 more. */
export const maxGgufHeaderBytes: number = 128 * 1024 * 1024;

/** Metadata values of a GGUF, array elements included: a vocabulary of 262,144 with types, scores and 514,906 merges has 1.3 million. */
export const maxGgufValues: number = 2 ** 22;

/** Arrays inside arrays. Nobody nests deeper than two; 20,000 levels would overflow the stack. */
export const maxGgufArrayDepth = 8;

/** Keys and tensor names, in bytes; the GGUF specification gives this number for keys. */
export const maxGgufNameBytes = 65_535;

/** ggml's GGML_MAX_DIMS. */
export const maxGgufDimensions = 4;

/** Tensors of one model: DeepSeek V3, unfused experts and all, has 91,991. */
export const maxTensors: number = 2 ** 18;

/** Shards of one model, each an open file: the largest published sets have under 200, systems allow 1,024 open files or more. */
export const maxShards = 1000;

/** The safetensors library refuses longer headers. */
export const maxSafetensorsHeaderBytes = 100_000_000;

/** model.safetensors.index.json: that of DeepSeek V3, with 91,991 tensors, has 9 MB. */
export const maxIndexBytes: number = 64 * 1024 * 1024;

/** JSON of a header or an index: the deepest, a tensor's shape, is at 3. */
export const maxJsonDepth = 8;
