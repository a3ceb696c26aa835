// Patterns held against texts that are there already, one character after another: no way is tried twice, whatever a stranger wrote.
import { UsageError } from "../../errors.ts";
import { type Automaton, matches } from "./automaton.ts";
import { intersect } from "./intersect.ts";
import { parseRegex } from "./regex.ts";
import { createRules } from "./rules.ts";

type Check = (text: string) => boolean;

export interface TextChecks {
  /** The name of a check, the same for the same pattern. @param whole the text has to match as a whole */
  nameOf(pattern: string, whole: boolean): string;
  /** Calls `work` while `checks` has these by their names. @returns undefined where one of them was asked for and its automaton is too large */
  during<T>(checks: Record<string, Check>, work: () => T): T | undefined;
}

export function createTextChecks(): TextChecks {
  const { charge } = createRules();
  const known = new Map<string, Check>();
  let failed = false;

  const automatonOf = (pattern: string, whole: boolean): Automaton | undefined => {
    try {
      return intersect([{ kind: "regex", regex: parseRegex(pattern, whole, "schema") }], charge);
    } catch (error) {
      if (error instanceof UsageError) return undefined;
      throw error;
    }
  };
  const checkOf = (pattern: string, whole: boolean): Check => {
    let automaton: { readonly of: Automaton | undefined } | undefined;
    return (text) => {
      automaton ??= { of: automatonOf(pattern, whole) };
      failed ||= automaton.of === undefined;
      return automaton.of === undefined || matches(automaton.of, text);
    };
  };

  return {
    nameOf(pattern, whole) {
      const name = `${whole ? "text" : "part"} ${pattern}`;
      if (!known.has(name)) known.set(name, checkOf(pattern, whole));
      return name;
    },
    during(checks, work) {
      failed = false;
      Object.assign(checks, Object.fromEntries(known));
      try {
        const result = work();
        return failed ? undefined : result;
      } finally {
        for (const name of known.keys()) delete checks[name];
      }
    },
  };
}
