// The functions that a chat template finds: those of jinja2 (without lipsum and cycler) and the two that transformers adds.
import { UnsupportedError, UsageError } from "../../errors.ts";
import { bind, toInteger, toText } from "./arguments.ts";
import { type Budget, MAX_RANGE } from "./limits.ts";
import { iterate } from "./sequences.ts";
import { strftime } from "./strftime.ts";
import { str } from "./text.ts";
import { type Arguments, asKey, Callable, type Dict, type DictKey, Namespace, type Value, View } from "./values.ts";

/**
 * A template refused what it was given, through raise_exception. The message is the template's own, letter for letter:
 * "Conversation roles must alternate user/assistant/user/assistant/...". A class of its own, because a caller may want to show these words
 * alone (they are the model's rules, not cria's), and still a UsageError: the conversation is what has to change.
 */
export class TemplateRefusal extends UsageError {
  override name = "TemplateRefusal";
}

export function globals(budget: Budget, now: Date): Map<string, Value> {
  const functions: Record<string, (args: Arguments) => Value> = {
    range: (args) => range(budget, args),
    dict: (args) => dict(budget, "dict", args),
    namespace: (args) => {
      const namespace = new Namespace();
      for (const [key, value] of dict(budget, "namespace", args)) namespace.attributes.set(String(key), value);
      return namespace;
    },
    joiner: (args) => joiner(bind("joiner", args, "sep")[0] ?? ", "),
    raise_exception: (args) => {
      const [message = ""] = bind("raise_exception", args, "message");
      throw new TemplateRefusal(str(budget, message));
    },
    strftime_now: (args) => {
      const format = toText("strftime_now", bind("strftime_now", args, "format")[0]);
      budget.text(format.length * 12); // no directive gives more for its two letters
      return strftime(now, format);
    },
  };
  return new Map(Object.entries(functions).map(([name, call]) => [name, new Callable(name, call)]));
}

function range(budget: Budget, args: Arguments): View {
  const numbers = bind("range", args, "start", "stop", "step")
    .filter((part) => part !== undefined)
    .map((part) => toInteger("range", part));
  const [start = 0, stop = 0, step = 1] = numbers.length === 1 ? [0, ...numbers] : numbers;
  if (step === 0) throw new UsageError("range: the step cannot be 0");
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (count > MAX_RANGE)
    throw new UnsupportedError(`range: ${count.toLocaleString("en")} numbers, the limit is ${MAX_RANGE.toLocaleString("en")}`);
  budget.items(count);
  const items = Array.from({ length: count }, (_, i) => BigInt(start + i * step));
  return new View("range", items, step === 1 ? `range(${start}, ${stop})` : `range(${start}, ${stop}, ${step})`);
}

/** dict(mapping or pairs, name=value ...). */
function dict(budget: Budget, callee: string, args: Arguments): Dict {
  const [source] = bind(callee, { positional: args.positional, named: new Map() }, "mapping");
  const entries =
    source instanceof Map ? [...source] : iterate(budget, source === undefined ? [] : source).map((pair) => entry(budget, callee, pair));
  budget.items(entries.length + args.named.size);
  return new Map([...entries, ...args.named]);
}

function entry(budget: Budget, callee: string, pair: Value): [DictKey, Value] {
  const [first = null, value, ...rest] = iterate(budget, pair);
  const key = asKey(budget, first);
  if (key === undefined || value === undefined || rest.length > 0) throw new UsageError(`${callee} expects pairs of a key and a value`);
  return [key, value];
}

/** Nothing on the first call, the separator on each later one. */
function joiner(separator: Value): Callable {
  let used = false;
  return new Callable("joiner", () => {
    if (used) return separator;
    used = true;
    return "";
  });
}
