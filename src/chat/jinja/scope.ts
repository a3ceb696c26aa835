// Names and their values. A loop iteration, a macro, a with, set, filter, call or generation block has a scope of its own: it sees what is
// around it and writes only into itself. An if has none.
import { Undefined, type Value } from "./values.ts";

export class Scope {
  readonly #values: Map<string, Value>;
  readonly #outer: Scope | undefined;

  constructor(outer?: Scope, values = new Map<string, Value>()) {
    this.#outer = outer;
    this.#values = values;
  }

  get(name: string): Value {
    for (let scope: Scope | undefined = this; scope; scope = scope.#outer) {
      const value = scope.#values.get(name);
      if (value !== undefined) return value;
    }
    return new Undefined(`"${name}" is undefined`);
  }

  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }
}
