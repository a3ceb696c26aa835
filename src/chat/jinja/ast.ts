// What the parser makes and the evaluator walks.
import type { ArithmeticOperator, CompareOperator } from "./operators.ts";
import type { Value } from "./values.ts";

export type Expression = { readonly line: number } & (
  | { readonly kind: "constant"; readonly value: Value }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "list" | "tuple"; readonly items: readonly Expression[] }
  | { readonly kind: "dict"; readonly entries: readonly (readonly [Expression, Expression])[] }
  | { readonly kind: "attribute"; readonly object: Expression; readonly name: string }
  | { readonly kind: "item"; readonly object: Expression; readonly index: Expression }
  | {
      readonly kind: "slice";
      readonly object: Expression;
      readonly start?: Expression;
      readonly stop?: Expression;
      readonly step?: Expression;
    }
  | { readonly kind: "call"; readonly callee: Expression; readonly args: CallArguments }
  | { readonly kind: "filter"; readonly input: Expression; readonly name: string; readonly args: CallArguments }
  | { readonly kind: "test"; readonly input: Expression; readonly name: string; readonly args: CallArguments }
  | { readonly kind: "not"; readonly operand: Expression }
  | { readonly kind: "sign"; readonly operator: "-" | "+"; readonly operand: Expression }
  | { readonly kind: "arithmetic"; readonly operator: ArithmeticOperator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "concat"; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "and" | "or"; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "compare"; readonly first: Expression; readonly rest: readonly (readonly [CompareOperator, Expression])[] }
  | { readonly kind: "conditional"; readonly condition: Expression; readonly value: Expression; readonly otherwise?: Expression }
);

/** Arguments of a call: by position, by name, and `*list` and `**dict` spread behind them. */
export interface CallArguments {
  readonly positional: readonly Expression[];
  readonly named: readonly (readonly [string, Expression])[];
  readonly spread?: Expression;
  readonly namedSpread?: Expression;
}

/** What can be assigned to. */
export type Target =
  | { readonly kind: "name"; readonly name: string; readonly line: number }
  | { readonly kind: "tuple"; readonly items: readonly Target[]; readonly line: number }
  | { readonly kind: "namespace"; readonly namespace: string; readonly name: string; readonly line: number };

/** One step of a filter chain in `{% filter upper %}` and `{% set x | trim %}`. */
export interface FilterStep {
  readonly name: string;
  readonly args: CallArguments;
}

/** A macro, or the block that is handed to a macro by `{% call %}`. */
export interface MacroDefinition {
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly otherwise?: Expression }[];
  readonly body: readonly Statement[];
  /** Which of the names varargs, kwargs and caller the body reads: a macro takes such arguments only if it does. */
  readonly reads: ReadonlySet<string>;
}

export type Statement = { readonly line: number } & (
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "print"; readonly value: Expression }
  | {
      readonly kind: "if";
      readonly branches: readonly (readonly [Expression, readonly Statement[]])[];
      readonly otherwise: readonly Statement[];
    }
  | {
      readonly kind: "for";
      readonly target: Target;
      readonly iterable: Expression;
      readonly filter?: Expression;
      readonly recursive: boolean;
      readonly body: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | { readonly kind: "break" | "continue" }
  | { readonly kind: "set"; readonly target: Target; readonly value: Expression }
  | { readonly kind: "set-block"; readonly target: Target; readonly filters: readonly FilterStep[]; readonly body: readonly Statement[] }
  | { readonly kind: "filter-block"; readonly filters: readonly FilterStep[]; readonly body: readonly Statement[] }
  | { readonly kind: "with"; readonly assignments: readonly (readonly [Target, Expression])[]; readonly body: readonly Statement[] }
  | { readonly kind: "macro"; readonly macro: MacroDefinition }
  | { readonly kind: "call-block"; readonly call: Extract<Expression, { kind: "call" }>; readonly caller: MacroDefinition }
);
