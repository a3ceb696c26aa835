// The tests of jinja2: what may stand after `is`, and the names that select, reject, selectattr and rejectattr take.
// Left out: filter, test and escaped.
import { bind } from "./arguments.ts";
import type { Budget } from "./limits.ts";
import { arithmetic, type CompareOperator, compare, equals } from "./operators.ts";
import { isIterable } from "./sequences.ts";
import { isCased } from "./string-methods.ts";
import { str } from "./text.ts";
import { type Arguments, Callable, Generator, Undefined, type Value, View } from "./values.ts";

type Test = (budget: Budget, value: Value, args: Arguments) => boolean;

const comparisons: [CompareOperator, string[]][] = [
  ["==", ["eq", "equalto", "=="]],
  ["!=", ["ne", "!="]],
  ["<", ["lt", "lessthan", "<"]],
  ["<=", ["le", "<="]],
  [">", ["gt", "greaterthan", ">"]],
  [">=", ["ge", ">="]],
  ["in", ["in"]],
];

export const tests: ReadonlyMap<string, Test> = new Map<string, Test>([
  ...comparisons.flatMap(([operator, names]) =>
    names.map((name): [string, Test] => [name, (budget, value, args) => compare(budget, operator, value, only(name, args))]),
  ),
  ["defined", (_, v) => !(v instanceof Undefined)],
  ["undefined", (_, v) => v instanceof Undefined],
  ["none", (_, v) => v === null],
  ["true", (_, v) => v === true],
  ["false", (_, v) => v === false],
  ["boolean", (_, v) => typeof v === "boolean"],
  ["integer", (_, v) => typeof v === "bigint"],
  ["float", (_, v) => typeof v === "number"],
  ["number", (_, v) => typeof v === "bigint" || typeof v === "number" || typeof v === "boolean"], // a bool is a number in Python
  ["string", (_, v) => typeof v === "string"],
  ["mapping", (_, v) => v instanceof Map],
  ["sequence", (_, v) => !(v instanceof Generator) && (v instanceof View ? v.typeName === "range" : isIterable(v))],
  ["iterable", (_, v) => isIterable(v)],
  ["callable", (_, v) => v instanceof Callable],
  ["sameas", (_, v, args) => v === only("sameas", args)],
  ["odd", (budget, v) => equals(budget, arithmetic(budget, "%", v, 2n), 1n)],
  ["even", (budget, v) => equals(budget, arithmetic(budget, "%", v, 2n), 0n)],
  ["divisibleby", (budget, v, args) => equals(budget, arithmetic(budget, "%", v, only("divisibleby", args)), 0n)],
  ["lower", (budget, v) => isCased(read(budget, v), (text) => text.toLowerCase())],
  ["upper", (budget, v) => isCased(read(budget, v), (text) => text.toUpperCase())],
]);

function only(name: string, args: Arguments): Value {
  const [other] = bind(`the test "${name}"`, args, "other");
  return other === undefined ? new Undefined(`the test "${name}" needs an argument`) : other;
}

function read(budget: Budget, value: Value): string {
  const text = str(budget, value);
  budget.text(text.length);
  return text;
}
