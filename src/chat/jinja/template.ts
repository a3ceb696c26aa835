// A template of the jinja2 language, rendered as transformers renders chat templates: sandboxed, with trim_blocks, lstrip_blocks, loop
// controls, its own tojson, raise_exception and strftime_now. The walk goes source -> tokens -> tree -> text.
import { FormatError, UnsupportedError, UsageError } from "../../errors.ts";
import type { Run } from "./expressions.ts";
import { fromJs } from "./from-js.ts";
import { globals, TemplateRefusal } from "./globals.ts";
import { Budget } from "./limits.ts";
import { parse } from "./parser.ts";
import { Scope } from "./scope.ts";
import { render } from "./statements.ts";
import type { Value } from "./values.ts";

/**
 * @param variables plain data by name; undefined ones are absent
 * @param now the clock of strftime_now
 * @throws FormatError for a template that does not parse (with its line), UsageError for data that it cannot use (TemplateRefusal where it
 *   says so itself), UnsupportedError for what cria does not do or a limit that was passed
 */
export function renderTemplate(template: string, variables: Readonly<Record<string, unknown>>, now: Date): string {
  const body = parse(template);
  const values = new Map<string, Value>();
  let size = 0;
  for (const [name, variable] of Object.entries(variables)) {
    if (variable === undefined) continue;
    const converted = fromJs(variable, name);
    values.set(name, converted.value);
    size += converted.size;
  }
  const run: Run = { budget: new Budget(size), line: 1 };
  try {
    return render(run, new Scope(new Scope(new Scope(undefined, globals(run.budget, now)), values)), body);
  } catch (error) {
    throw located(error, run.line);
  }
}

/** The same error with the line of the template. A refusal keeps the template's own words. */
function located(error: unknown, line: number): unknown {
  const message = (text: string) => `chat template, line ${line}: ${text}`;
  if (error instanceof TemplateRefusal) return error;
  if (error instanceof UsageError) return new UsageError(message(error.message), { cause: error });
  if (error instanceof FormatError) return new FormatError(message(error.message), { cause: error });
  if (error instanceof UnsupportedError) return new UnsupportedError(message(error.message), { cause: error });
  // The stack of some browser, or what a caller's own recursion left of it, may be smaller than MAX_DEPTH assumes.
  if (error instanceof RangeError)
    return new UnsupportedError(message("the template needs more stack than JavaScript has here"), { cause: error });
  return error;
}
