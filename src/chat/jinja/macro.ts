// Macros, and the block that {% call %} hands to one: functions of a template, whose value is the text they write.
import { UsageError } from "../../errors.ts";
import type { MacroDefinition, Statement } from "./ast.ts";
import { evaluate, type Run } from "./expressions.ts";
import { Scope } from "./scope.ts";
import { type Arguments, Callable, Tuple, Undefined, type Value } from "./values.ts";

/** @param scope what the body sees around itself: where the macro is written, not where it is called */
export function defineMacro(
  run: Run,
  scope: Scope,
  macro: MacroDefinition,
  render: (run: Run, scope: Scope, body: readonly Statement[]) => string,
): Callable {
  return new Callable(macro.name, (args) => {
    const inner = new Scope(scope);
    bindParameters(run, inner, macro, args);
    return render(run, inner, macro.body);
  });
}

function bindParameters(run: Run, scope: Scope, { name, parameters, reads }: MacroDefinition, args: Arguments): void {
  const rest = new Map(args.named);
  parameters.forEach((parameter, i) => {
    const byPosition = args.positional[i];
    const given = byPosition === undefined ? rest.get(parameter.name) : byPosition;
    if (byPosition !== undefined && rest.has(parameter.name))
      throw new UsageError(`${name}: the argument "${parameter.name}" is given twice`);
    rest.delete(parameter.name);
    if (given !== undefined) scope.set(parameter.name, given);
    else if (parameter.otherwise) scope.set(parameter.name, evaluate(run, scope, parameter.otherwise));
    else scope.set(parameter.name, new Undefined(`the parameter "${parameter.name}" was not given`));
  });

  // What no parameter took: only for a body that asks for it.
  const further = args.positional.slice(parameters.length);
  if (reads.has("varargs")) scope.set("varargs", new Tuple(further));
  else if (further.length > 0) throw new UsageError(`${name} takes ${parameters.length} arguments, ${args.positional.length} were given`);
  if (reads.has("caller")) {
    const caller = rest.get("caller");
    scope.set("caller", caller === undefined ? new Undefined(`${name} was not called by {% call %}`) : caller);
    rest.delete("caller");
  }
  if (reads.has("kwargs")) scope.set("kwargs", new Map<string, Value>(rest));
  else if (rest.size > 0) throw new UsageError(`${name} has no parameter "${[...rest.keys()][0]}"`);
}
