// The variable `loop` inside a for loop.
import { UsageError } from "../../errors.ts";
import { bind } from "./arguments.ts";
import type { Budget } from "./limits.ts";
import { equals } from "./operators.ts";
import { Callable, Tuple, Undefined, type Value } from "./values.ts";

/** Where a loop stands; the loop itself moves the index on. */
interface LoopPosition {
  readonly items: readonly Value[];
  index: number;
  /** Recursive loops around this one. */
  readonly depth: number;
  /** What loop.changed() was given last. */
  changed: Tuple | undefined;
}

/** @param recurse what calling the variable, `loop(children)`, writes */
export function loopVariable(budget: Budget, position: LoopPosition, recurse: (value: Value) => string): Callable {
  const { items } = position;
  const neighbour = (i: number, which: string): Value => items[i] ?? (i in items ? null : new Undefined(`there is no ${which} item`));

  const attribute = (name: string): Value | undefined => {
    const { index } = position;
    switch (name) {
      case "index":
        return BigInt(index + 1);
      case "index0":
        return BigInt(index);
      case "revindex":
        return BigInt(items.length - index);
      case "revindex0":
        return BigInt(items.length - index - 1);
      case "first":
        return index === 0;
      case "last":
        return index === items.length - 1;
      case "length":
        return BigInt(items.length);
      case "depth":
        return BigInt(position.depth + 1);
      case "depth0":
        return BigInt(position.depth);
      case "previtem":
        return neighbour(index - 1, "previous");
      case "nextitem":
        return neighbour(index + 1, "next");
      case "cycle":
        return new Callable(name, ({ positional }) => {
          if (positional.length === 0) throw new UsageError("loop.cycle needs the values to go through");
          return positional[index % positional.length]!;
        });
      case "changed":
        return new Callable(name, ({ positional }) => {
          const now = new Tuple(positional);
          const same = position.changed !== undefined && equals(budget, position.changed, now);
          position.changed = now;
          return !same;
        });
      default:
        return undefined;
    }
  };
  return new Callable("loop", (args) => recurse(bind("loop", args, "iterable")[0] ?? null), attribute);
}
