// Takes an answer apart while it is written: thoughts, text, calls of functions. Nothing depends on where the pieces are cut.
//
// Text is told at once, but for what may turn out to be a mark, and for white space that may stand before one: white space that touches a mark is no text.
// A call is told when it is whole and right; what is not stays text. Who can promise that the rest will be right (a grammar) says trust(), and
// gets the arguments as they come.
import { type Signs, withoutSigns, withSignsBroken } from "./marks.ts";
import type { ThinkMarks } from "./reasoning/think-marks.ts";
import type { CallFamily } from "./tool-calls/call-format.ts";
import { type CallReader, jsonCallReader, namedCallReader, pythonCallReader, type ReadCall } from "./tool-calls/call-reader.ts";
import type { JsonState } from "./tool-calls/json-scanner.ts";

/** A part of an answer. `length` letters of what was pushed are done with, by all parts so far together. */
export type Part =
  | { readonly kind: "text" | "reasoning"; readonly text: string; readonly length: number }
  /** Marks and what belongs to them; `thought` where they are the thoughts'. */
  | { readonly kind: "hidden"; readonly thought: boolean; readonly length: number }
  | { readonly kind: "call"; readonly index: number; readonly name: string; readonly length: 0 }
  | { readonly kind: "arguments"; readonly index: number; readonly text: string; readonly length: number }
  /** The call is whole. */
  | { readonly kind: "called"; readonly index: number; readonly call: ReadCall; readonly length: 0 };

export interface OpenedCall {
  /** Among all that began as a call. */
  readonly place: number;
  readonly name: string;
  /** What there is of its arguments. */
  readonly written: string;
}

export interface AnswerSplitter {
  /** @param sign of a special token that comes after the text, or "" */
  push(text: string, sign?: string): Part[];
  /** The answer is over. */
  end(): Part[];
  /** A call whose arguments have begun, while it is not told yet. */
  readonly opened: OpenedCall | undefined;
  /** The call that is opened will be right: it is told from now on as it comes. */
  trust(): Part[];
  /** A call that is whole, and whose arguments nobody promised to be right. */
  readonly doubtful: ReadCall | undefined;
  /** Whether its arguments are right. If not, it is none. */
  judge(right: boolean): Part[];
  /** Thoughts are being written. */
  readonly thinking: boolean;
  /** What there is behind the thoughts, or at the start of the answer, and is not told yet. */
  readonly held: string;
}

export interface CallsToRead {
  readonly family: CallFamily;
  readonly offered: ReadonlySet<string>;
  /** There is nothing but calls: what breaks off is no text. */
  readonly forced?: boolean;
  /** Somebody judges the arguments that nobody promised to be right, when they are whole. */
  readonly judged?: boolean;
}

export interface SplitOptions {
  readonly signs: Signs;
  readonly calls?: CallsToRead;
  /** `begun`: the prompt has opened them already. */
  readonly thoughts?: Pick<ThinkMarks, "open" | "close"> & { readonly begun: boolean };
}

type State = "start" | "thoughts" | "text" | "behind a mark" | "call" | "between calls";

export function createAnswerSplitter({ signs, calls, thoughts }: SplitOptions): AnswerSplitter {
  const openThoughts = thoughts && signs.of(thoughts.open);
  const closeThoughts = thoughts && signs.of(thoughts.close);
  const openCall =
    calls && signs.of(calls.family === "hermes" ? "<tool_call>" : calls.family === "llama" ? "<|python_tag|>" : "[TOOL_CALLS]");
  const closeCall = signs.of("</tool_call>");

  let state: State = thoughts?.begun ? "thoughts" : "start";
  let mayThink = thoughts !== undefined;
  /** White space that comes first is dropped: it touches a mark. */
  let skipping = thoughts?.begun ?? false;
  /** What was pushed and is not done with. */
  let held = "";
  let over = false;
  let parts: Part[] = [];

  /** Reads a call. `held` is its mark, then what has been read of the call from `gone` to `read`, then what has not. */
  let reader: CallReader | undefined;
  let markLength = 0;
  let gone = 0;
  let read = 0;
  let inArray = false;
  let trusted = false;
  let doubtful: ReadCall | undefined;
  let index = 0;
  let begun = 0;

  const take = (length: number): string => {
    const taken = held.slice(0, length);
    held = held.slice(length);
    return taken;
  };
  const tell = (kind: "text" | "reasoning", length: number): void => {
    if (length > 0) parts.push({ kind, text: withoutSigns(take(length)), length });
  };
  const hide = (length: number, thought = state === "thoughts"): void => {
    take(length);
    if (length > 0) parts.push({ kind: "hidden", thought, length });
  };
  const go = (next: State, skip = false): true => {
    state = next;
    skipping = skip;
    return true;
  };

  /** @returns whether white space is out of the way */
  const skip = (): boolean => {
    if (skipping) hide(spaceBefore(held));
    if (held !== "") skipping = false;
    return held !== "";
  };

  /** Text or thoughts up to a mark. @returns where it begins, with the white space before it; undefined where there is none yet, and the rest was told */
  const tellUpTo = (kind: "text" | "reasoning", mark: string): number | undefined => {
    const at = held.indexOf(mark);
    if (at >= 0) {
      tell(kind, held.slice(0, at).trimEnd().length);
      return held.indexOf(mark);
    }
    tell(kind, over ? held.length : heldFrom(held, mark));
    return undefined;
  };

  const begin = (callReader: CallReader, length: number): true => {
    reader = callReader;
    begun++;
    markLength = length;
    gone = 0;
    read = 0;
    trusted = false;
    return go("call", skipping);
  };

  /** What looked like a call is none. Its mark is text, and what follows is looked at again. */
  const release = (): true => {
    inArray = false;
    const space = skipping ? spaceBefore(held) : 0;
    hide(space);
    tell("text", markLength - space);
    return go("text");
  };

  /** The name, and the arguments as far as they have been read. */
  const tellCall = ({ name, from, to = read }: NonNullable<CallReader["head"]>): void => {
    if (gone === 0) {
      hide(markLength + from);
      markLength = 0;
      gone = from;
      parts.push({ kind: "call", index, name, length: 0 });
    }
    if (to === gone) return;
    parts.push({ kind: "arguments", index, text: take(to - gone), length: to - gone });
    gone = to;
  };

  const tellWhole = (call: ReadCall): true => {
    const { name, arguments: text } = call;
    const { from = 0, to = read } = reader!.head ?? {};
    hide(markLength + from);
    take(to - from);
    [markLength, gone] = [0, to];
    parts.push({ kind: "call", index, name, length: 0 });
    parts.push({ kind: "arguments", index, text, length: to - from });
    return finish(call);
  };

  const finish = (call: ReadCall): true => {
    hide(markLength + read - gone);
    parts.push({ kind: "called", index: index++, call, length: 0 });
    return go("between calls", true);
  };

  /** Each step does something with the beginning of `held`. @returns whether there may be more to do */
  const steps: Record<State, () => boolean> = {
    start() {
      const space = spaceBefore(held);
      const rest = held.slice(space);
      if (rest === "") return over && go("text", skipping);
      if (mayThink && openThoughts !== undefined) {
        if (rest.startsWith(openThoughts)) {
          hide(space + openThoughts.length, true);
          mayThink = false;
          return go("thoughts", true);
        }
        if (openThoughts.startsWith(rest) && !over) return false;
      }
      if (calls?.family === "llama" && rest[0] === "{") return begin(jsonCallReader(calls.offered), space);
      return go("text", skipping);
    },
    thoughts() {
      if (!skip()) return false;
      // A model that opens what the prompt has opened already.
      if (mayThink && openThoughts !== undefined) {
        if (held.startsWith(openThoughts)) {
          hide(openThoughts.length);
          mayThink = false;
          return go("thoughts", true);
        }
        if (openThoughts.startsWith(held) && !over) return false;
        mayThink = false;
      }
      const at = tellUpTo("reasoning", closeThoughts!);
      if (at === undefined) return false;
      hide(at + closeThoughts!.length);
      return go("start", true);
    },
    text() {
      if (!skip()) return false;
      if (openCall === undefined) {
        tell("text", held.length);
        return false;
      }
      const at = tellUpTo("text", openCall);
      if (at === undefined) return false;
      markLength = at + openCall.length;
      return go("behind a mark");
    },
    "behind a mark"() {
      const space = spaceBefore(held.slice(markLength));
      const next = held[markLength + space];
      if (next === undefined) return false;
      const { family, offered } = calls!;
      switch (family) {
        case "llama":
          return begin(next === "{" ? jsonCallReader(offered) : pythonCallReader(offered), markLength);
        case "hermes":
          return begin(jsonCallReader(offered), markLength);
        default:
          inArray = next === "[" && !held.startsWith(signs.of("[ARGS]"), markLength + space);
          return inArray
            ? begin(jsonCallReader(offered), markLength + space + 1)
            : begin(namedCallReader(offered, signs.of("[CALL_ID]"), signs.of("[ARGS]")), markLength);
      }
    },
    call() {
      if (doubtful) return false;
      let outcome: JsonState = "more";
      for (let at = markLength + read - gone; outcome === "more" && at < held.length; read++) outcome = reader!.push(held[at++]);
      const { head, call } = reader!;
      if (trusted) tellCall(head!);
      if (outcome === "more") return false;
      if (trusted) return outcome === "done" ? finish(call!) : breakOff();
      if (outcome === "wrong") return release();
      if (calls!.judged) {
        doubtful = call;
        return false;
      }
      return tellWhole(call!);
    },
    "between calls"() {
      const rest = held.slice(spaceBefore(held));
      if (rest === "") {
        if (over) hide(held.length);
        return false;
      }
      const space = held.length - rest.length;
      const family = calls!.family;
      if (family === "hermes") {
        if (rest.startsWith(closeCall)) hide(space + closeCall.length);
        else if (closeCall.startsWith(rest)) {
          if (over) hide(held.length);
          return false;
        }
      } else if (inArray) {
        if (rest[0] === ",") {
          hide(space + 1);
          return begin(jsonCallReader(calls!.offered), 0);
        }
        if (rest[0] === "]") hide(space + 1);
        inArray = false;
      } else if (family === "llama") {
        if (rest[0] === ";") {
          hide(space + 1);
          return true;
        }
        if (rest[0] === "{") return begin(jsonCallReader(calls!.offered), space);
      }
      return go("text", true);
    },
  };

  /** What was promised to be right is not: it is never whole. */
  const breakOff = (): true => {
    hide(markLength + read - gone);
    return go("text", true);
  };

  const work = (): Part[] => {
    while (steps[state]());
    const done = parts;
    parts = [];
    return done;
  };

  return {
    push(text, sign = "") {
      held += calls || thoughts ? withSignsBroken(text) + sign : text;
      return work();
    },
    end() {
      over = true;
      if (calls?.forced && state !== "thoughts") hide(held.length);
      const done = work();
      if (held === "") return done;
      if (state === "call" && trusted) hide(held.length);
      else tell(state === "thoughts" ? "reasoning" : "text", held.length);
      return [...done, ...parts];
    },
    get opened() {
      const { name, from } = reader?.head ?? {};
      if (state !== "call" || trusted || name === undefined || from === undefined) return undefined;
      return { place: begun, name, written: held.slice(markLength + from, markLength + read) };
    },
    trust() {
      trusted = true;
      tellCall(reader!.head!);
      const done = parts;
      parts = [];
      return done;
    },
    get doubtful() {
      return doubtful;
    },
    judge(right) {
      const call = doubtful!;
      doubtful = undefined;
      if (right) tellWhole(call);
      else release();
      return work();
    },
    get thinking() {
      return state === "thoughts";
    },
    get held() {
      return held;
    },
  };
}

function spaceBefore(text: string): number {
  return text.length - text.trimStart().length;
}

/** Where that begins which may be the start of a mark, with the white space before it. */
function heldFrom(text: string, mark: string): number {
  let length = Math.min(mark.length - 1, text.length);
  while (!mark.startsWith(text.slice(text.length - length))) length--;
  return text.slice(0, text.length - length).trimEnd().length;
}
