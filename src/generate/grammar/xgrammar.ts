// XGrammar in WebAssembly, loaded when a grammar is asked for the first time. Its errors abort the C++ program: the sentence is caught on its way to
// stderr, and the stack put back.
import { InternalError, UsageError } from "../../errors.ts";
import type { createModule } from "./xgrammar.generated.ts";

/** An object of C++: delete() is its destructor. */
export interface Handle {
  delete(): void;
}

export interface MatcherHandle extends Handle {
  AcceptToken(id: number, verbose: boolean): boolean;
  AcceptString(text: string, verbose: boolean): boolean;
  GetNextTokenBitmask(vocabSize: number): Handle;
}

export interface CompilerHandle extends Handle {
  CompileGrammar(grammar: Handle): Handle;
}

/** What the package binds, as far as it is used here. */
interface Binding {
  HEAPU8: Uint8Array;
  vecStringFromJSArray(texts: readonly (string | Uint8Array)[]): Handle;
  vecIntFromJSArray(numbers: readonly number[]): Handle;
  vecIntToView(vector: Handle): Int32Array;
  Grammar: { FromEBNF(grammar: string, root: string): Handle };
  TokenizerInfo: new (vocabulary: Handle, type: "RAW", size: undefined, stopIds: Handle, prependSpace: boolean) => Handle;
  GrammarCompiler: new (tokenizer: Handle, threads: number, cached: boolean) => CompilerHandle;
  GrammarMatcher: new (grammar: Handle, stopIds: undefined, endsWithoutStop: boolean, rollback: number) => MatcherHandle;
}

export interface XGrammar extends Pick<Binding, "vecIntToView"> {
  /** Bytes of memory, which only grows. */
  readonly memoryBytes: number;
  /** Something went wrong that may have left the memory in disorder: what is new should go to another instance. */
  readonly broken: boolean;
  /** @param pieces what each token stands for; nothing for those that never come in a text */
  compiler(pieces: readonly Uint8Array[], endIds: readonly number[]): CompilerHandle;
  /** @throws UsageError for a grammar that is none, in XGrammar's words */
  parse(grammar: string): Handle;
  matcher(compiled: Handle): MatcherHandle;
  /** Runs what may abort. */
  run<T>(work: () => T): T;
}

let modules: Promise<{ create: typeof createModule; module: WebAssembly.Module }> | undefined;

/** A fresh program with a memory of its own. */
export async function createXGrammar(): Promise<XGrammar> {
  modules ??= loadModules();
  const { create, module } = await modules;
  const said: string[] = [];
  let stackPointer: WebAssembly.Global | undefined;
  const binding = (await create({
    print: (line: string) => said.push(line),
    printErr: (line: string) => said.push(line),
    instantiateWasm(imports: WebAssembly.Imports, receive: (instance: WebAssembly.Instance) => void) {
      const instance = new WebAssembly.Instance(module, imports);
      stackPointer = instance.exports.stackPointer as WebAssembly.Global;
      receive(instance);
      return instance.exports;
    },
  })) as Binding;
  let broken = false;

  const run = <T>(work: () => T): T => {
    const stack = stackPointer?.value;
    said.length = 0;
    try {
      return work();
    } catch (cause) {
      broken = true; // what the program was about to free stays
      if (stackPointer) stackPointer.value = stack;
      const fatal = said.find((line) => line.startsWith("[FATAL]"));
      if (fatal !== undefined) throw new UsageError(`the grammar cannot be used: ${fatal.replace(/^\[FATAL\] \S+ /, "")}`);
      if (cause instanceof RangeError || cause instanceof WebAssembly.RuntimeError) {
        throw new UsageError("the grammar cannot be used: its rules are nested too deep");
      }
      throw new InternalError(`XGrammar failed: ${cause}`, { cause });
    }
  };

  return {
    get memoryBytes() {
      return binding.HEAPU8.length;
    },
    get broken() {
      return broken;
    },
    vecIntToView: binding.vecIntToView,
    compiler: (pieces, endIds) =>
      run(() => {
        const [vocabulary, stopIds] = [binding.vecStringFromJSArray(pieces), binding.vecIntFromJSArray(endIds)];
        const tokenizer = new binding.TokenizerInfo(vocabulary, "RAW", undefined, stopIds, false);
        const compiler = new binding.GrammarCompiler(tokenizer, 1, false);
        for (const handle of [vocabulary, stopIds, tokenizer]) handle.delete();
        return compiler;
      }),
    parse: (grammar) => run(() => binding.Grammar.FromEBNF(grammar, "root")),
    matcher: (compiled) => run(() => new binding.GrammarMatcher(compiled, undefined, false, -1)),
    run,
  };
}

async function loadModules(): Promise<{ create: typeof createModule; module: WebAssembly.Module }> {
  const { createModule, wasm } = await import("./xgrammar.generated.ts");
  const deflated = Uint8Array.from(atob(wasm), (character) => character.charCodeAt(0));
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return { create: createModule, module: await WebAssembly.compile(await new Response(stream).arrayBuffer()) };
}
