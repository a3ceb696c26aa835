// What an expression is worth. Every node that is visited is paid for, so no expression can run without end.
import { UsageError } from "../../errors.ts";
import type { CallArguments, Expression } from "./ast.ts";
import { getAttribute, getItem } from "./attributes.ts";
import { filters, named } from "./filters.ts";
import type { Budget } from "./limits.ts";
import { arithmetic, compare, concat, sign } from "./operators.ts";
import type { Scope } from "./scope.ts";
import { iterate, slice } from "./sequences.ts";
import { tests } from "./tests.ts";
import { str } from "./text.ts";
import { type Arguments, asKey, Callable, type DictKey, Tuple, truthy, typeName, Undefined, type Value } from "./values.ts";

/** One rendering: what it may still spend, and the line of the template that it is at, for messages. */
export interface Run {
  readonly budget: Budget;
  line: number;
}

export function evaluate(run: Run, scope: Scope, node: Expression): Value {
  run.budget.enter();
  run.line = node.line;
  const value = visit(run, scope, node);
  run.budget.leave();
  return value;
}

function visit(run: Run, scope: Scope, node: Expression): Value {
  const { budget } = run;
  const worth = (child: Expression) => evaluate(run, scope, child);
  switch (node.kind) {
    case "constant":
      return node.value;
    case "name":
      return scope.get(node.name);
    case "list":
      return node.items.map(worth);
    case "tuple":
      return new Tuple(node.items.map(worth));
    case "dict":
      return new Map(node.entries.map(([key, value]) => [dictKey(budget, worth(key)), worth(value)]));
    case "attribute":
      return getAttribute(budget, worth(node.object), node.name);
    case "item":
      return getItem(budget, worth(node.object), worth(node.index));
    case "slice": {
      const part = (child: Expression | undefined) => (child ? worth(child) : null);
      return slice(budget, worth(node.object), part(node.start), part(node.stop), part(node.step));
    }
    case "call":
      return call(run, worth(node.callee), evaluateArguments(run, scope, node.args), node.line);
    case "filter":
      return named(filters, "filter", node.name)(budget, worth(node.input), evaluateArguments(run, scope, node.args));
    case "test":
      return named(tests, "test", node.name)(budget, worth(node.input), evaluateArguments(run, scope, node.args));
    case "not":
      return !truthy(worth(node.operand));
    case "sign":
      return sign(node.operator, worth(node.operand));
    case "arithmetic":
      return arithmetic(budget, node.operator, worth(node.left), worth(node.right));
    case "concat":
      return concat(budget, str(budget, worth(node.left)), str(budget, worth(node.right)));
    case "and": {
      const left = worth(node.left);
      return truthy(left) ? worth(node.right) : left;
    }
    case "or": {
      const left = worth(node.left);
      return truthy(left) ? left : worth(node.right);
    }
    case "compare": {
      // a < b < c is a < b and b < c, with b evaluated once.
      let left = worth(node.first);
      return node.rest.every(([operator, child]) => {
        const right = worth(child);
        const holds = compare(budget, operator, left, right);
        left = right;
        return holds;
      });
    }
    case "conditional":
      if (truthy(worth(node.condition))) return worth(node.value);
      return node.otherwise ? worth(node.otherwise) : new Undefined("the inline if was false and has no else");
  }
}

function dictKey(budget: Budget, value: Value): DictKey {
  const key = asKey(budget, value);
  if (key !== undefined) return key;
  throw new UsageError(`a value of type ${typeName(value)} cannot be the key of a dict`);
}

export function call(run: Run, callee: Value, args: Arguments, line: number): Value {
  if (callee instanceof Undefined) throw new UsageError(callee.reason);
  if (!(callee instanceof Callable)) throw new UsageError(`a value of type ${typeName(callee)} cannot be called`);
  run.line = line;
  const result = callee.call(args);
  run.line = line; // a macro has moved it
  return result;
}

export function evaluateArguments(run: Run, scope: Scope, args: CallArguments): Arguments {
  // Whatever takes a text may read it through, so it is paid for here.
  const argument = (arg: Expression): Value => {
    const value = evaluate(run, scope, arg);
    if (typeof value === "string") run.budget.text(value.length);
    return value;
  };
  const positional = args.positional.map(argument);
  const named = new Map<string, Value>();
  const give = (name: string, value: Value) => {
    if (named.has(name)) throw new UsageError(`the argument "${name}" is given twice`);
    named.set(name, value);
  };
  for (const [name, arg] of args.named) give(name, argument(arg));
  if (args.spread) for (const value of iterate(run.budget, evaluate(run, scope, args.spread))) positional.push(value);
  if (args.namedSpread) {
    const rest = evaluate(run, scope, args.namedSpread);
    if (!(rest instanceof Map)) throw new UsageError(`** needs a dict, not a value of type ${typeName(rest)}`);
    for (const [name, value] of rest) give(str(run.budget, name), value);
  }
  return { positional, named };
}
