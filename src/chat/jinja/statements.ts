// What a template writes: text, printed values, branches, loops, assignments, and the blocks that filter or keep what is inside them.
import { UsageError } from "../../errors.ts";
import type { FilterStep, Statement, Target } from "./ast.ts";
import { call, evaluate, evaluateArguments, type Run } from "./expressions.ts";
import { filters, named } from "./filters.ts";
import { loopVariable } from "./loop.ts";
import { defineMacro } from "./macro.ts";
import { Scope } from "./scope.ts";
import { iterate } from "./sequences.ts";
import { str } from "./text.ts";
import { Namespace, truthy, typeName, type Value } from "./values.ts";

/** How a list of statements ended: at its end, or at a break or continue for the loop around it. */
type Ending = "break" | "continue" | undefined;

/** The text of a template, or of a block inside it. */
export function render(run: Run, scope: Scope, body: readonly Statement[]): string {
  const output = new Output(run);
  execute(run, scope, body, output);
  return output.text;
}

class Output {
  readonly #run: Run;
  text = "";
  constructor(run: Run) {
    this.#run = run;
  }
  write(piece: string): void {
    this.#run.budget.text(this.text.length + piece.length, piece.length);
    this.text += piece;
  }
}

function execute(run: Run, scope: Scope, body: readonly Statement[], output: Output): Ending {
  run.budget.enter();
  let ending: Ending;
  for (const statement of body) {
    run.line = statement.line;
    ending = step(run, scope, statement, output);
    if (ending) break;
  }
  run.budget.leave();
  return ending;
}

function step(run: Run, scope: Scope, statement: Statement, output: Output): Ending {
  const { budget } = run;
  switch (statement.kind) {
    case "text":
      output.write(statement.text);
      return undefined;
    case "print":
      output.write(str(budget, evaluate(run, scope, statement.value)));
      return undefined;
    case "if": {
      const branch = statement.branches.find(([condition]) => truthy(evaluate(run, scope, condition)));
      return execute(run, scope, branch ? branch[1] : statement.otherwise, output);
    }
    case "for":
      loop(run, scope, statement, evaluate(run, scope, statement.iterable), 0, output);
      return undefined;
    case "break":
    case "continue":
      return statement.kind;
    case "set":
      assign(run, scope, statement.target, evaluate(run, scope, statement.value));
      return undefined;
    case "set-block":
      assign(run, scope, statement.target, applyFilters(run, scope, statement.filters, render(run, new Scope(scope), statement.body)));
      return undefined;
    case "filter-block":
      output.write(str(budget, applyFilters(run, scope, statement.filters, render(run, new Scope(scope), statement.body))));
      return undefined;
    case "with": {
      const inner = new Scope(scope);
      for (const [target, value] of statement.assignments) assign(run, inner, target, evaluate(run, scope, value));
      return execute(run, inner, statement.body, output);
    }
    case "macro":
      scope.set(statement.macro.name, defineMacro(run, scope, statement.macro, render));
      return undefined;
    case "call-block": {
      const { callee, args } = statement.call;
      const macro = evaluate(run, scope, callee);
      const given = evaluateArguments(run, scope, args);
      given.named.set("caller", defineMacro(run, scope, statement.caller, render));
      output.write(str(budget, call(run, macro, given, statement.line)));
      return undefined;
    }
  }
}

function applyFilters(run: Run, scope: Scope, steps: readonly FilterStep[], text: string): Value {
  return steps.reduce(
    (value: Value, { name, args }) => named(filters, "filter", name)(run.budget, value, evaluateArguments(run, scope, args)),
    text,
  );
}

type For = Extract<Statement, { kind: "for" }>;

function loop(run: Run, scope: Scope, node: For, iterable: Value, depth: number, output: Output): void {
  let items = iterate(run.budget, iterable);
  if (node.filter) {
    const accepts = node.filter;
    items = items.filter((item) => {
      const inner = new Scope(scope);
      assign(run, inner, node.target, item);
      return truthy(evaluate(run, inner, accepts));
    });
  }
  if (items.length === 0) {
    execute(run, new Scope(scope), node.otherwise, output);
    return;
  }
  /** `loop(children)` of a recursive loop: its text. */
  const recurse = (value: Value): string => {
    if (!node.recursive) throw new UsageError("only a loop that says recursive can be called");
    const inner = new Output(run);
    loop(run, scope, node, value, depth + 1, inner);
    return inner.text;
  };
  const position = { items, index: 0, depth, changed: undefined };
  for (; position.index < items.length; position.index++) {
    const inner = new Scope(scope);
    inner.set("loop", loopVariable(run.budget, position, recurse));
    assign(run, inner, node.target, items[position.index]!);
    if (execute(run, inner, node.body, output) === "break") return;
  }
}

function assign(run: Run, scope: Scope, target: Target, value: Value): void {
  switch (target.kind) {
    case "name":
      scope.set(target.name, value);
      return;
    case "namespace": {
      const namespace = scope.get(target.namespace);
      if (!(namespace instanceof Namespace))
        throw new UsageError(`"${target.namespace}" is a value of type ${typeName(namespace)}: only attributes of a namespace can be set`);
      namespace.attributes.set(target.name, value);
      return;
    }
    case "tuple": {
      const values = iterate(run.budget, value);
      if (values.length !== target.items.length)
        throw new UsageError(`${values.length} values cannot be unpacked into ${target.items.length} names`);
      target.items.forEach((item, i) => {
        assign(run, scope, item, values[i]!);
      });
    }
  }
}
