// What an answer of several parts has to be: thoughts that nobody constrains, then calls of functions with the arguments that their schemas allow, or a text of
// the format that was asked for, or what the model likes. It is told where the answer is by who reads it, between two tokens, and makes grammars
// when they are needed.
import { InternalError } from "../../errors.ts";
import type { Constraint } from "../../generate/constraint.ts";
import type { FormatConstraint } from "../../generate/grammar/format-constraint.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { Tool } from "../messages.ts";
import type { OpenedCall } from "../split-answer.ts";
import type { CallFamily } from "../tool-calls/call-format.ts";
import type { ReadCall } from "../tool-calls/call-reader.ts";
import { begun, callWords } from "./call-words.ts";
import { createRow, either, type OneOf, oneOf } from "./sequences.ts";
import type { ToolParameters } from "./tool-parameters.ts";

export interface SteerOptions {
  readonly tokenizer: Tokenizer;
  readonly calls?: {
    readonly family: CallFamily;
    /** Those that may be called. */
    readonly tools: readonly Tool[];
    /** There has to be a call. */
    readonly forced: boolean;
    /** There may be several. */
    readonly several: boolean;
    /** What the arguments of each have to be, by its name. */
    readonly parameters: ReadonlyMap<string, ToolParameters>;
  };
  /** What the answer has to be where nothing is called. */
  readonly format?: FormatConstraint;
  readonly thoughts?: {
    /** The prompt has opened them. */
    readonly begun: boolean;
    /** What opens them; undefined where the model shall not think. */
    readonly open: readonly number[] | undefined;
    /** What stands between thoughts and answer. */
    readonly gap: readonly number[];
  };
}

export interface Steering extends Constraint {
  /** Makes what the next token needs. */
  ready(): Promise<void>;
  /** Thoughts begin. */
  think(): void;
  /** Thoughts are over. @param written what came behind them in the same token */
  answer(written: string): void;
  /**
   * The arguments of a call have begun, or go on.
   *
   * @param opened the name, and what there is of them
   * @returns whether they will be right, and so the end of the call; if not, they have to be judged when they are whole
   */
  call(opened: OpenedCall): Promise<boolean>;
  /** Asks once more, when an answer without calls is whole. @param text of it @throws InternalError for one that is not of the format */
  verify(text: string): void;
  /** Whether the arguments of a call that is whole are what they have to be, where that was not enforced. */
  fits(call: ReadCall): Promise<boolean>;
  /** Asks once more, of a call that is whole. @throws InternalError for one whose arguments are not what they have to be */
  verifyCall(call: ReadCall): void;
}

export function createSteering({ tokenizer, calls, format, thoughts }: SteerOptions): Steering {
  const words = calls && callWords(tokenizer, calls.family);
  const { endIds } = tokenizer;
  const forced = calls?.forced || format !== undefined;
  const row = createRow();
  /** To be disposed of. */
  const made: Constraint[] = format ? [format] : [];

  /** What holds now; undefined: all may come. */
  let current: Constraint | undefined;
  let heads: OneOf | undefined;
  let openThoughts: OneOf | undefined;
  let thinking = false;
  /** Between the beginning of the arguments and their end. */
  let calling: Tool | undefined;
  /** The place of the call that began otherwise than its grammar allows. */
  let strange: number | undefined;
  let step: "head" | "arguments" | "tail" | "gap" | undefined;
  let finished = false;

  const begin = (next: typeof step, ...any: Constraint[]): void => {
    current = any.length > 1 ? either(any) : any[0];
    step = next;
  };
  const callHeads = (first: boolean): OneOf => {
    const sequences = calls!.tools.map((tool) => words!.head(tool, first));
    heads = oneOf(first ? sequences : [...sequences, ...words!.ends]);
    return heads;
  };
  /** How the answer may begin; by nothing: as the model likes. */
  const beginning = (): Constraint[] => {
    if (calls?.forced) return [callHeads(true)];
    return format ? [...(calls ? [callHeads(true)] : []), format] : [];
  };
  const afterCall = (): void => {
    calling = undefined;
    if (!calls!.several) finished = true;
    else if (!forced) begin(undefined);
    else if (words!.ends.length === 0) finished = true;
    else begin("head", callHeads(false));
  };
  const tail = (): void => {
    if (words!.tail.length === 0) afterCall();
    else begin("tail", oneOf([words!.tail]));
  };
  const begunArguments = async (tool: Tool, written: string): Promise<boolean> => {
    const constraint = await calls!.parameters.get(tool.function.name)!.constrain();
    if (!constraint.acceptText(written)) {
      constraint.dispose();
      return false;
    }
    made.push(constraint);
    calling = tool;
    begin("arguments", constraint);
    if (constraint.finished) tail();
    return true;
  };

  const think = (): void => {
    thinking = true;
    openThoughts = undefined;
  };

  if (thoughts?.begun) think();
  else {
    const start = beginning();
    if (thoughts?.open && start.length > 0) openThoughts = oneOf([thoughts.open]);
    begin("head", ...(openThoughts ? [openThoughts] : []), ...start);
  }

  return {
    async ready() {
      if (step !== "head" || heads?.chosen === undefined) return;
      const tool = calls!.tools[heads.chosen];
      heads = undefined;
      begin(undefined);
      if (tool && !(await begunArguments(tool, begun(tool)))) {
        throw new InternalError(`the arguments of "${tool.function.name}" cannot begin with ${begun(tool)}`);
      }
    },
    think,
    answer(written) {
      thinking = false;
      if (written === "" && forced && thoughts!.gap.length > 0) return begin("gap", oneOf([thoughts!.gap]));
      begin("head", ...beginning());
      if (written.trim() === "" || !current || current.acceptText(written.trimStart())) return;
      throw new InternalError("the answer cannot begin with what came in one token with the end of the thoughts");
    },
    async call({ place, name, written }) {
      const tool = calls?.tools.find((each) => each.function.name === name);
      if (!tool || strange === place) return false;
      const constrained = calling === tool || (await begunArguments(tool, written));
      if (!constrained) strange = place;
      return constrained && calls!.parameters.get(name)!.enforced;
    },
    verify: (text) => format?.verify(text),
    fits: async ({ name, arguments: text }) => (await calls?.parameters.get(name)?.fit(text)) ?? false,
    verifyCall: ({ name, arguments: text }) => calls?.parameters.get(name)?.verify(text),
    mask(scores) {
      if (thinking) return forced ? row.without(scores, endIds) : scores;
      return current ? current.mask(scores) : scores;
    },
    accept(id) {
      if (thinking || !current) return;
      current.accept(id);
      if (!current.finished) return;
      if (step === "arguments") tail();
      else if (step === "tail") afterCall();
      else if (step === "gap") begin("head", ...beginning());
      else if (openThoughts?.finished) think();
      else if (!heads?.finished) finished = true; // the format is whole
    },
    acceptText: (text) => text === "",
    get finished() {
      return finished;
    },
    dispose() {
      for (const constraint of made) constraint.dispose();
    },
  };
}
