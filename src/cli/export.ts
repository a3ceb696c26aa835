// cria export: a model as a GGUF file or a Hugging Face folder, in the type that is asked for.
import { basename } from "node:path";
import * as v from "valibot";
import { UsageError } from "../errors.ts";
import { writeGguf } from "../formats/index.ts";
import { quantizable } from "../formats/quant/index.ts";
import { inputByteLength, inputChunks, type TensorInput } from "../formats/tensor-input.ts";
import { showBytes } from "../hub/repo-models.ts";
import type { HfType } from "../model/hf-export.ts";
import { parameterCount } from "../model/weights.ts";
import type { StorageType } from "../tensor/dtype.ts";
import { defineCommand } from "./command.ts";
import { ggufContent } from "./export/gguf-content.ts";
import { hfFileNames, hfFiles, hfFolder } from "./export/hf-files.ts";
import { openSourceModel, type SourceModel } from "./export/source-model.ts";
import { interruption } from "./interrupt.ts";
import { jsonFlag, quietFlag } from "./model-flags.ts";
import { placeOf } from "./open-model.ts";
import { prepareFile, prepareFolder } from "./output-folder.ts";
import { print, printJson } from "./terminal/output.ts";
import { createProgress } from "./terminal/progress.ts";
import { showCount } from "./terminal/units.ts";

const plainTypes: readonly StorageType[] = ["F32", "F16", "BF16"];

export const command = defineCommand({
  argument: { name: "MODEL", optional: false },
  about: `MODEL is all that cria runs: a Hugging Face folder, as a checkpoint of a training run, or a GGUF file; a path, hf:owner/repo[/file], a URL or a name from
\`cria list\`. PATH says what comes of it:

PATH.gguf   one GGUF file with the tokenizer and the chat template inside, for llama.cpp and all that is built on it
PATH        a folder with config.json, model.safetensors and the tokenizer's files, for transformers and all that reads such folders

This is one command and not a convert and a quantize, because they do the same: read weights, write them in another type under other names.

Blocks that are widened keep their values; to change from one block type to another loses more than to start from the original weights. In a GGUF file, matrices
whose rows are no whole blocks of TYPE become F16 and vectors F32, as in llama.cpp.`,
  flags: {
    out: { schema: v.string(), value: "PATH", short: "o", help: "The file or the folder to make" },
    type: {
      schema: v.optional(v.picklist(quantizable)),
      value: "TYPE",
      help: `How weights are stored: ${quantizable.join(" ")}; in a folder the first three; without it, as they are, blocks in a folder as F32`,
    },
    force: { schema: v.optional(v.boolean(), false), help: "Replace what is there already" },
    ...jsonFlag,
    ...quietFlag,
  },
  examples: [
    ["export my-run/checkpoints/step-002000 --type Q8_0 --out mine.gguf", "what was trained, for llama.cpp"],
    ["export mine.gguf --out mine", "a folder for transformers"],
    ["export hf:owner/model --type Q4_0 -o small.gguf", "a smaller file"],
  ],
  async run({ out, type, force, json, quiet }, model) {
    const start = performance.now();
    const signal = interruption();
    const asGguf = /\.gguf$/i.test(out);
    checkOutput(out, type);
    const write = asGguf ? await fileWriter(out, force) : await folderWriter(out, force);
    const bar = createProgress("writing", showBytes, quiet);
    try {
      const source = await openSourceModel(await placeOf(model!, quiet), signal);
      try {
        const written = await write.run(source, type, { signal, onBytes: bar.update });
        bar.end();
        report({ out, type, source, seconds: (performance.now() - start) / 1000, ...written }, json);
      } finally {
        await source.checkpoint.file.close();
      }
    } finally {
      bar.end();
      await write.abandon();
    }
  },
});

function checkOutput(out: string, type: StorageType | undefined): void {
  if (/\.gguf$/i.test(out)) return;
  if (/\.(safetensors|bin|json)$/i.test(out)) {
    throw new UsageError(
      `--out ${out}: a folder comes of it, with model.safetensors inside: give the name of one, or a name that ends in .gguf`,
    );
  }
  if (type !== undefined && !plainTypes.includes(type)) {
    throw new UsageError(`--type ${type}: a Hugging Face folder holds ${plainTypes.join(", ")}: for ${type} let --out end in .gguf`);
  }
}

interface Watch {
  readonly signal: AbortSignal;
  readonly onBytes: (done: number, total: number) => void;
}

interface Written {
  readonly files: readonly string[];
  readonly tensors: readonly TensorInput[];
}

interface Writer {
  run(source: SourceModel, type: StorageType | undefined, watch: Watch): Promise<Written>;
  /** Leaves no trace, unless run() came to its end. */
  abandon(): Promise<void>;
}

async function fileWriter(out: string, force: boolean): Promise<Writer> {
  const write = await prepareFile(out, force);
  return {
    async run(source, type, watch) {
      const { metadata, tensors } = await ggufContent(source, type, basename(out).replace(/\.gguf$/i, ""), watch.signal);
      await write(writeGguf({ metadata, tensors: watched(tensors, watch) }));
      return { files: [basename(out)], tensors };
    },
    abandon: async () => {},
  };
}

async function folderWriter(out: string, force: boolean): Promise<Writer> {
  const folder = await prepareFolder(out, hfFileNames, force);
  return {
    async run(source, type, watch) {
      const content = await hfFolder(source, type as HfType | undefined, watch.signal);
      const { tensors } = content;
      const files = hfFiles({ ...content, tensors: watched(tensors, watch) });
      await folder.commit(files);
      return { files: [...files.keys()], tensors };
    },
    abandon: () => folder.abandon(),
  };
}

/** The same tensors, telling how far their writing has come. */
function watched(tensors: readonly TensorInput[], { signal, onBytes }: Watch): TensorInput[] {
  const total = bytesOf(tensors);
  let done = 0;
  return tensors.map((tensor) => ({
    ...tensor,
    async *data() {
      for await (const chunk of inputChunks(tensor)) {
        signal.throwIfAborted();
        yield chunk;
        done += chunk.length;
        onBytes(done, total);
      }
    },
  }));
}

function bytesOf(tensors: readonly TensorInput[]): number {
  return tensors.reduce((sum, tensor) => sum + inputByteLength(tensor), 0);
}

interface Made extends Written {
  readonly out: string;
  readonly type: StorageType | undefined;
  readonly source: SourceModel;
  readonly seconds: number;
}

function report({ out, type, source, files, tensors, seconds }: Made, json: boolean): void {
  const { checkpoint, tokenizer, chatTemplate } = source;
  const types: Partial<Record<StorageType, number>> = {};
  for (const tensor of tensors) types[tensor.type] = (types[tensor.type] ?? 0) + 1;
  const others = type === undefined ? [] : tensors.filter((tensor) => tensor.shape.length > 1 && tensor.type !== type);
  const parameters = parameterCount(checkpoint.config);
  if (json) {
    printJson({
      out,
      files,
      family: checkpoint.config.family,
      parameters,
      type: type ?? null,
      types,
      fallen_back: others.map(({ name, type: fallback }) => ({ name, type: fallback })),
      weight_bytes: bytesOf(tensors),
      tokenizer: tokenizer !== undefined,
      chat_template: chatTemplate !== undefined,
      seconds,
    });
    return;
  }
  const counted = Object.entries(types).map(([name, count]) => `${count} ${name}`);
  const inside = [tokenizer && "tokenizer", chatTemplate !== undefined && "chat template"].filter(Boolean).join(" and ");
  print(
    `${out}: ${showCount(parameters)} parameters, ${showBytes(bytesOf(tensors))} in tensors (${counted.join(", ")}), ${inside === "" ? "without a tokenizer" : `with ${inside}`}`,
  );
  if (others.length > 0) {
    print(`${others.length} of them, such as ${others[0].name}, are ${others[0].type}: their rows are no whole blocks of ${type}`);
  }
}
