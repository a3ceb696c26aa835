// Calls as Llama 3.1 writes those of its built-in tools: brave_search.call(query="the weather in Paris").

export type PythonCall =
  | { readonly state: "more"; readonly name?: string; readonly values?: undefined }
  | { readonly state: "wrong"; readonly name?: undefined; readonly values?: undefined }
  | { readonly state: "done"; readonly name: string; readonly values: Readonly<Record<string, unknown>> };

const word = String.raw`[A-Za-z_]\w*`;
const value = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|-?\d+(?:\.\d+)?|True|False|None`;
const argument = String.raw`\s*(${word})\s*=\s*(${value})\s*`;
const argumentAtStart = new RegExp(`^${argument}([,)])`);
const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
const words: Readonly<Record<string, unknown>> = { True: true, False: false, None: null };

/** Longer ones are none, so that reading again with each letter stays cheap. */
const MAX_LETTERS = 4096;

/** Reads `name.call(key=value, ...)`; values are strings, numbers, True, False and None. @param text that may go on */
export function readPythonCall(text: string): PythonCall {
  if (text.length > MAX_LETTERS) return { state: "wrong" };
  const [head, name] = new RegExp(String.raw`^\s*(${word})\.call\(`).exec(text) ?? [];
  if (head === undefined) return { state: /^\s*(?:[A-Za-z_]\w*(?:\.(?:c(?:a(?:l(?:l)?)?)?)?)?)?$/.test(text) ? "more" : "wrong" };
  const values: [string, unknown][] = [];
  let rest = text.slice(head.length);
  if (/^\s*\)/.test(rest)) return { state: "done", name, values: {} };
  for (;;) {
    const [all, key, written, end] = argumentAtStart.exec(rest) ?? [];
    if (all === undefined) return !rest.includes("\n") && !rest.endsWith(")") ? { state: "more", name } : undecided(rest, name);
    values.push([key, fromPython(written)]);
    rest = rest.slice(all.length);
    if (end === ")") return { state: "done", name, values: Object.fromEntries(values) };
  }
}

/** A line break or a bracket may stand within quotes, and nowhere else. */
function undecided(rest: string, name: string): PythonCall {
  const unclosed = new RegExp(String.raw`^\s*${word}\s*=\s*(?:"(?:[^"\\]|\\.)*|'(?:[^'\\]|\\.)*)\\?$`);
  return unclosed.test(rest) ? { state: "more", name } : { state: "wrong" };
}

function fromPython(written: string): unknown {
  if (written in words) return words[written];
  if (!/^["']/.test(written)) return Number(written);
  return written.slice(1, -1).replaceAll(/\\(.)/gs, (_, letter: string) => escapes[letter] ?? letter);
}
