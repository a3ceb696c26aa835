// Reads one call of a function, from behind its mark, while it is still coming. What it reads is a call only when it is well-formed to its end, names a
// function that was offered, and gives it an object: everything else is "wrong", and stays text.
import { isJsonObject } from "../../formats/strict-json.ts";
import { createJsonScanner, type JsonState } from "./json-scanner.ts";
import { parsedArguments } from "./parsed-arguments.ts";
import { readPythonCall } from "./python-call.ts";

/** A call that was read to its end. */
export interface ReadCall {
  readonly name: string;
  /** JSON text of an object; as it was written, where it was written as that. */
  readonly arguments: string;
}

export interface CallReader {
  /** Takes more of the text. After "done" and "wrong" nothing may come. */
  push(letter: string): JsonState;
  /** What is known before the end: the name, and where the object of the arguments begins and, once it has ended, ends in what was read. */
  readonly head: { readonly name: string; readonly from: number; readonly to: number | undefined } | undefined;
  /** After "done". */
  readonly call: ReadCall | undefined;
}

type Offered = ReadonlySet<string>;

const string = String.raw`"(?:[^"\\]|\\.)*"`;
const upToName = String.raw`\s*\{\s*(?:"type"\s*:\s*"function"\s*,\s*)?"name"\s*:\s*(${string})`;
const nameAtEnd = new RegExp(`^${upToName}$`);
const firstKeyAtEnd = new RegExp(String.raw`^\s*\{\s*(${string})$`);
const headAtEnd = new RegExp(String.raw`^${upToName}\s*,\s*"(?:arguments|parameters)"\s*:\s*\{$`);
const keys: ReadonlySet<string> = new Set(["type", "id", "name", "arguments", "parameters"]);

/** Letters in which keys and names are looked for before the end; longer ones are looked at there. */
const HEAD_LETTERS = 1000;

/** `{"name": "f", "arguments": {...}}`; `parameters` is the same, `type` and `id` may be there. */
export function jsonCallReader(offered: Offered): CallReader {
  const scanner = createJsonScanner();
  let text = "";
  let head: CallReader["head"];
  let call: ReadCall | undefined;

  /** What can be told before the end. */
  const look = (letter: string, depthBefore: number): JsonState => {
    if (head) {
      if (head.to === undefined && depthBefore === 2 && scanner.depth === 1) head = { ...head, to: text.length };
    } else if (letter === '"' && text.length <= HEAD_LETTERS) {
      const [, key] = firstKeyAtEnd.exec(text) ?? [];
      if (key && !keys.has(parsed(key))) return "wrong";
      const [, name] = nameAtEnd.exec(text) ?? [];
      if (name && !offered.has(parsed(name))) return "wrong";
    } else if (letter === "{" && scanner.depth === 2) {
      const [, name] = headAtEnd.exec(text) ?? [];
      if (name) head = { name: parsed(name), from: text.length - 1, to: undefined };
    }
    return "more";
  };
  return {
    push(letter) {
      text += letter;
      const depthBefore = scanner.depth;
      if (depthBefore === 0 && letter === "[") return "wrong";
      const state = scanner.push(letter);
      if (state === "wrong") return state;
      if (state === "more") return look(letter, depthBefore);
      call = callOf(JSON.parse(text), head && text.slice(head.from, head.to), offered);
      return call && (!head || head.name === call.name) ? "done" : "wrong";
    },
    get head() {
      return head;
    },
    get call() {
      return call;
    },
  };
}

/** `f[ARGS]{...}`, with `[CALL_ID]` and an id between in some versions. */
export function namedCallReader(offered: Offered, idMark: string, argumentsMark: string): CallReader {
  const scanner = createJsonScanner();
  let text = "";
  let head: CallReader["head"];
  let call: ReadCall | undefined;
  const longest = Math.max(...Array.from(offered, (name) => name.length));
  return {
    push(letter) {
      text += letter;
      if (!head) {
        if (!text.endsWith(argumentsMark)) return text.length > longest + HEAD_LETTERS || letter === "{" ? "wrong" : "more";
        const name = text.slice(0, -argumentsMark.length).split(idMark)[0].trim();
        head = { name, from: text.length, to: undefined };
        return offered.has(name) ? "more" : "wrong";
      }
      if (scanner.depth === 0) {
        if (letter === "[") return "wrong";
        if (letter.trim() === "") head = { ...head, from: text.length };
      }
      const state = scanner.push(letter);
      if (state === "done") {
        head = { ...head, to: text.length };
        call = { name: head.name, arguments: text.slice(head.from) };
      }
      return state;
    },
    get head() {
      return head && text.length > head.from ? head : undefined;
    },
    get call() {
      return call;
    },
  };
}

/** `f.call(key="value")`: the calls of Llama 3.1's built-in tools. */
export function pythonCallReader(offered: Offered): CallReader {
  let text = "";
  let call: ReadCall | undefined;
  return {
    push(letter) {
      text += letter;
      const { state, name, values } = readPythonCall(text);
      if (state === "wrong" || (name !== undefined && !offered.has(name))) return "wrong";
      if (state === "done") call = { name, arguments: JSON.stringify(values) };
      return state;
    },
    head: undefined,
    get call() {
      return call;
    },
  };
}

/** @param written the arguments as they stand in the text, where that is known */
function callOf(value: unknown, written: string | undefined, offered: Offered): ReadCall | undefined {
  if (!isJsonObject(value) || typeof value.name !== "string" || !offered.has(value.name)) return undefined;
  if (Object.keys(value).some((key) => !keys.has(key)) || ("arguments" in value && "parameters" in value)) return undefined;
  const { name } = value;
  const given = value.arguments ?? value.parameters;
  if (isJsonObject(given)) return { name, arguments: written ?? JSON.stringify(given) };
  // Some models write the arguments as OpenAI's wire carries them.
  return typeof given === "string" && parsedArguments(given) ? { name, arguments: given } : undefined;
}

/** @param string in JSON, which the scanner has found well-formed */
function parsed(string: string): string {
  return JSON.parse(string);
}
