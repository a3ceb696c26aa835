// Statements of the template language: tokens to a tree, after the grammar of jinja2 3.1 with the loop controls and transformers'
// generation block. Left out: what needs other templates or an HTML page (include, import, extends, block, autoescape, trans).

import { UnsupportedError } from "../../errors.ts";
import type { CallArguments, Expression, FilterStep, MacroDefinition, Statement, Target } from "./ast.ts";
import { ExpressionParser } from "./expression-parser.ts";
import { syntaxError, tokenize } from "./lexer.ts";
import { MAX_TEMPLATE_LENGTH } from "./limits.ts";

/** @throws FormatError for a syntax error, with its line; UnsupportedError for a template that is too long or too deep */
export function parse(template: string): readonly Statement[] {
  if (template.length > MAX_TEMPLATE_LENGTH)
    throw new UnsupportedError(
      `the chat template has ${template.length.toLocaleString("en")} characters, the limit is ${MAX_TEMPLATE_LENGTH.toLocaleString("en")}`,
    );
  return new Parser(tokenize(template)).template();
}

type Kind<K extends Statement["kind"]> = Extract<Statement, { kind: K }>;

class Parser extends ExpressionParser {
  #loops = 0;

  template(): Statement[] {
    return this.#body();
  }

  /** Statements up to one of the given tags, or the end of the template; the opening {% of that tag comes next. */
  #body(...until: string[]): Statement[] {
    this.enter();
    const statements: Statement[] = [];
    for (;;) {
      const { type, value, line } = this.token;
      if (type === "text") {
        statements.push({ kind: "text", text: value, line });
        this.next();
      } else if (type === "begin-print") {
        this.next();
        statements.push({ kind: "print", value: this.tuple(), line });
        this.expect("end-print");
      } else if (type === "begin-block" && !until.includes(this.peek().value)) {
        this.next();
        statements.push(this.#statement());
      } else {
        this.leave();
        return statements;
      }
    }
  }

  /** A body and the end of its block: `{% endfor %}`. */
  #bodyUntil(end: string): Statement[] {
    const body = this.#body(end);
    this.#tag(end);
    this.expect("end-block");
    return body;
  }

  #tag(...names: string[]): string {
    const { value } = this.peek();
    if (this.token.type === "begin-block" && names.includes(value)) {
      this.next();
      this.next();
      return value;
    }
    return this.fail(`expected {% ${names.join(" %} or {% ")} %}`);
  }

  #statement(): Statement {
    const { value: tag, line } = this.token;
    this.expect("name");
    switch (tag) {
      case "if":
        return this.#if(line);
      case "for":
        return this.#for(line);
      case "set":
        return this.#set(line);
      case "with":
        return this.#with(line);
      case "macro":
        return this.#macro(line);
      case "call":
        return this.#call(line);
      case "filter": {
        const filters = this.#filterSteps(true);
        this.expect("end-block");
        return { kind: "filter-block", filters, body: this.#bodyUntil("endfilter"), line };
      }
      case "generation": // marks what the assistant says, for training; a scope of its own
        this.expect("end-block");
        return { kind: "with", assignments: [], body: this.#bodyUntil("endgeneration"), line };
      case "break":
      case "continue":
        if (this.#loops === 0) this.fail(`${tag} outside of a loop`);
        this.expect("end-block");
        return { kind: tag, line };
      case "include":
      case "import":
      case "from":
      case "extends":
      case "block":
      case "autoescape":
      case "trans":
        throw new UnsupportedError(`chat template, line ${line}: {% ${tag} %} is not supported: a chat template stands alone`);
      default:
        return this.fail(`unknown or misplaced tag "${tag}"`, line);
    }
  }

  #if(line: number): Kind<"if"> {
    const branches: [Expression, Statement[]][] = [];
    let otherwise: Statement[] = [];
    let tag: string;
    do {
      const condition = this.tuple({ conditional: false });
      this.expect("end-block");
      branches.push([condition, this.#body("elif", "else", "endif")]);
      tag = this.#tag("elif", "else", "endif");
    } while (tag === "elif");
    this.expect("end-block");
    if (tag === "else") otherwise = this.#bodyUntil("endif");
    return { kind: "if", branches, otherwise, line };
  }

  #for(line: number): Kind<"for"> {
    const target = this.#target();
    this.expect("name", "in");
    const iterable = this.tuple({ conditional: false, end: "recursive" });
    const filter = this.accept("name", "if") ? this.expression() : undefined;
    const recursive = this.accept("name", "recursive");
    this.expect("end-block");
    this.#loops++;
    const body = this.#body("else", "endfor");
    this.#loops--;
    const tag = this.#tag("else", "endfor");
    this.expect("end-block");
    const otherwise = tag === "else" ? this.#bodyUntil("endfor") : [];
    return { kind: "for", target, iterable, filter, recursive, body, otherwise, line };
  }

  #set(line: number): Kind<"set" | "set-block"> {
    const target = this.#target();
    if (this.accept("operator", "=")) {
      const value = this.tuple();
      this.expect("end-block");
      return { kind: "set", target, value, line };
    }
    const filters = this.#filterSteps(false);
    this.expect("end-block");
    return { kind: "set-block", target, filters, body: this.#bodyUntil("endset"), line };
  }

  #with(line: number): Kind<"with"> {
    const assignments: [Target, Expression][] = [];
    while (this.token.type !== "end-block") {
      if (assignments.length > 0) this.expect("operator", ",");
      const target = this.#target();
      this.expect("operator", "=");
      assignments.push([target, this.expression()]);
    }
    this.expect("end-block");
    return { kind: "with", assignments, body: this.#bodyUntil("endwith"), line };
  }

  #macro(line: number): Kind<"macro"> {
    const name = this.expect("name");
    return { kind: "macro", macro: this.#definition(name, this.#parameters(), "endmacro"), line };
  }

  #call(line: number): Kind<"call-block"> {
    const parameters = this.is("operator", "(") ? this.#parameters() : [];
    const call = this.expression();
    if (call.kind !== "call") this.fail("{% call %} needs a call of a macro");
    return { kind: "call-block", call, caller: this.#definition("caller", parameters, "endcall"), line };
  }

  #definition(name: string, parameters: MacroDefinition["parameters"], end: string): MacroDefinition {
    this.expect("end-block");
    const loops = this.#loops;
    this.#loops = 0;
    const outer = this.names;
    this.names = new Set();
    const body = this.#bodyUntil(end);
    const reads = this.names;
    this.names = new Set([...outer, ...reads]);
    this.#loops = loops;
    return { name, parameters, body, reads };
  }

  #parameters(): MacroDefinition["parameters"] {
    const parameters: { name: string; otherwise?: Expression }[] = [];
    this.expect("operator", "(");
    while (!this.accept("operator", ")")) {
      if (parameters.length > 0) this.expect("operator", ",");
      const name = this.expect("name");
      const otherwise = this.accept("operator", "=") ? this.expression() : undefined;
      if (!otherwise && parameters.at(-1)?.otherwise) this.fail(`the parameter "${name}" without a default follows one with a default`);
      parameters.push({ name, otherwise });
    }
    return parameters;
  }

  /** The filters of a block: `upper | trim` after {% filter, `| upper | trim` after {% set x. */
  #filterSteps(startsWithName: boolean): FilterStep[] {
    const steps: FilterStep[] = [];
    while ((startsWithName && steps.length === 0) || this.accept("operator", "|")) {
      const name = this.dottedName();
      const args: CallArguments = this.is("operator", "(") ? this.callArguments() : { positional: [], named: [] };
      steps.push({ name, args });
    }
    return steps;
  }

  #target(): Target {
    const { line } = this.token;
    const items: Target[] = [];
    let isTuple = false;
    do {
      if (items.length > 0 && (this.is("name", "in") || this.is("operator", "=") || this.is("operator", ")"))) break;
      items.push(this.#singleTarget());
      if (this.is("operator", ",")) isTuple = true;
    } while (this.accept("operator", ","));
    return isTuple ? { kind: "tuple", items, line } : items[0]!;
  }

  #singleTarget(): Target {
    const { line } = this.token;
    if (this.accept("operator", "(")) {
      this.enter();
      const target = this.#target();
      this.leave();
      this.expect("operator", ")");
      return target;
    }
    const name = this.expect("name");
    if (/^(true|false|none|True|False|None)$/.test(name)) throw syntaxError(`"${name}" cannot be assigned to`, line);
    if (!this.accept("operator", ".")) return { kind: "name", name, line };
    return { kind: "namespace", namespace: name, name: this.expect("name"), line };
  }
}
