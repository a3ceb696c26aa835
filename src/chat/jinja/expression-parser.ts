// Expressions of the template language. From the loosest to the tightest: if-else, or, and, not, comparisons (chained), + and -, ~,
// * / // %, ** (to the left, as in jinja2), signs, then calls, attributes and indices, then filters and tests.
import { UnsupportedError } from "../../errors.ts";
import type { CallArguments, Expression } from "./ast.ts";
import { syntaxError, type Token, type TokenType } from "./lexer.ts";
import { MAX_NESTING } from "./limits.ts";
import type { ArithmeticOperator, CompareOperator } from "./operators.ts";
import type { Value } from "./values.ts";

const constants: Record<string, Value> = { true: true, True: true, false: false, False: false, none: null, None: null };
const comparisons: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">="]);
/** About what MAX_INTEGER_BITS hold. */
const MAX_DIGITS = 1200;
const precedence: Record<string, number> = { "+": 1, "-": 1, "~": 2, "*": 3, "/": 3, "//": 3, "%": 3, "**": 4 };

export class ExpressionParser {
  readonly #tokens: readonly Token[];
  #position = 0;
  #nesting = 0;
  /** Names that were read so far, for the macro that is being parsed. */
  protected names = new Set<string>();

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  protected get token(): Token {
    return this.#tokens[this.#position]!;
  }

  protected peek(): Token {
    return this.#tokens[this.#position + 1] ?? this.token;
  }

  protected next(): void {
    if (this.token.type !== "end") this.#position++;
  }

  protected is(type: TokenType, value?: string): boolean {
    return this.token.type === type && (value === undefined || this.token.value === value);
  }

  protected accept(type: TokenType, value?: string): boolean {
    if (!this.is(type, value)) return false;
    this.next();
    return true;
  }

  protected expect(type: TokenType, value?: string): string {
    const { value: found } = this.token;
    if (!this.accept(type, value))
      this.fail(`expected ${value ? `"${value}"` : describe(type)}, found ${describe(this.token.type, found)}`);
    return found;
  }

  protected fail(message: string, line: number = this.token.line): never {
    throw syntaxError(message, line);
  }

  /** Counts what nests, so that the parser's own stack cannot run out. */
  protected enter(): void {
    if (++this.#nesting > MAX_NESTING)
      throw new UnsupportedError(
        `chat template, line ${this.token.line}: more than ${MAX_NESTING} blocks or parentheses inside each other, the limit`,
      );
  }

  protected leave(): void {
    this.#nesting--;
  }

  /** One expression, or several with commas: a tuple. */
  protected tuple(options: { conditional?: boolean; end?: string; parenthesised?: boolean } = {}): Expression {
    const { line } = this.token;
    const items: Expression[] = [];
    let isTuple = false;
    while (!this.#tupleEnds(options.end)) {
      items.push(options.conditional === false ? this.#or() : this.expression());
      if (!this.accept("operator", ",")) break;
      isTuple = true;
    }
    if (isTuple || (items.length === 0 && options.parenthesised)) return { kind: "tuple", items, line };
    return items[0] ?? this.fail(`expected an expression, found ${describe(this.token.type, this.token.value)}`);
  }

  #tupleEnds(end: string | undefined): boolean {
    const { type } = this.token;
    return type === "end-block" || type === "end-print" || this.is("operator", ")") || (end !== undefined && this.is("name", end));
  }

  protected expression(): Expression {
    this.enter();
    const { line } = this.token;
    let result = this.#or();
    while (this.accept("name", "if")) {
      const condition = this.#or();
      const otherwise = this.accept("name", "else") ? this.expression() : undefined;
      result = { kind: "conditional", condition, value: result, otherwise, line };
    }
    this.leave();
    return result;
  }

  #or(): Expression {
    let left = this.#and();
    for (let { line } = this.token; this.accept("name", "or"); { line } = this.token) left = { kind: "or", left, right: this.#and(), line };
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    for (let { line } = this.token; this.accept("name", "and"); { line } = this.token)
      left = { kind: "and", left, right: this.#not(), line };
    return left;
  }

  #not(): Expression {
    const { line } = this.token;
    if (!this.accept("name", "not")) return this.#compare();
    this.enter();
    const operand = this.#not();
    this.leave();
    return { kind: "not", operand, line };
  }

  #compare(): Expression {
    const { line } = this.token;
    const first = this.#arithmetic(1);
    const rest: [CompareOperator, Expression][] = [];
    for (let operator = this.#comparison(); operator; operator = this.#comparison()) rest.push([operator, this.#arithmetic(1)]);
    return rest.length > 0 ? { kind: "compare", first, rest, line } : first;
  }

  #comparison(): CompareOperator | undefined {
    const { type, value } = this.token;
    if (type === "operator" && comparisons.has(value)) {
      this.next();
      return value as CompareOperator;
    }
    if (this.accept("name", "in")) return "in";
    if (!this.is("name", "not") || this.peek().type !== "name" || this.peek().value !== "in") return undefined;
    this.next();
    this.next();
    return "not in";
  }

  /** Operators of at least this precedence, all of them to the left. */
  #arithmetic(lowest: number): Expression {
    let left = this.#unary(true);
    for (;;) {
      const { type, value: operator, line } = this.token;
      const level = type === "operator" ? (precedence[operator] ?? 0) : 0;
      if (level < lowest) return left;
      this.next();
      const right = this.#arithmetic(level + 1);
      left =
        operator === "~"
          ? { kind: "concat", left, right, line }
          : { kind: "arithmetic", operator: operator as ArithmeticOperator, left, right, line };
    }
  }

  /** A sign binds tighter than filters: `-3 | abs` is 3. */
  #unary(withFilters: boolean): Expression {
    const { line, value: operator } = this.token;
    let operand: Expression;
    if (this.is("operator", "-") || this.is("operator", "+")) {
      this.next();
      this.enter();
      operand = { kind: "sign", operator: operator as "-" | "+", operand: this.#unary(false), line };
      this.leave();
    } else operand = this.#postfix(this.#primary());
    return withFilters ? this.#filtersAndTests(operand) : operand;
  }

  #primary(): Expression {
    const { type, value, line } = this.token;
    switch (type) {
      case "name":
        this.next();
        if (Object.hasOwn(constants, value)) return { kind: "constant", value: constants[value]!, line };
        this.names.add(value);
        return { kind: "name", name: value, line };
      case "string": {
        let text = "";
        while (this.is("string")) {
          text += this.token.value;
          this.next();
        }
        return { kind: "constant", value: text, line };
      }
      case "int":
        this.next();
        if (value.length > MAX_DIGITS)
          throw new UnsupportedError(`chat template, line ${line}: an integer of ${value.length} digits, the limit is ${MAX_DIGITS}`);
        return { kind: "constant", value: BigInt(value), line };
      case "float":
        this.next();
        return { kind: "constant", value: Number(value), line };
    }
    if (this.accept("operator", "(")) {
      const inner = this.tuple({ parenthesised: true });
      this.expect("operator", ")");
      return inner;
    }
    if (this.accept("operator", "[")) return { kind: "list", items: this.#items("]", () => this.expression()), line };
    if (this.accept("operator", "{")) return { kind: "dict", entries: this.#items("}", () => this.#entry()), line };
    return this.fail(`expected an expression, found ${describe(type, value)}`);
  }

  #entry(): [Expression, Expression] {
    const key = this.expression();
    this.expect("operator", ":");
    return [key, this.expression()];
  }

  /** Things with commas between them, perhaps one behind the last, up to the closing bracket. */
  #items<T>(close: string, item: () => T): T[] {
    const items: T[] = [];
    while (!this.accept("operator", close)) {
      if (items.length > 0) this.expect("operator", ",");
      if (this.accept("operator", close)) break;
      items.push(item());
    }
    return items;
  }

  #postfix(operand: Expression): Expression {
    for (;;) {
      const { line } = this.token;
      if (this.accept("operator", ".")) operand = this.#dotted(operand, line);
      else if (this.accept("operator", "[")) operand = this.#subscript(operand, line);
      else if (this.is("operator", "(")) operand = { kind: "call", callee: operand, args: this.callArguments(), line };
      else return operand;
    }
  }

  #dotted(object: Expression, line: number): Expression {
    const { type, value } = this.token;
    if (type === "int") {
      this.next();
      return { kind: "item", object, index: { kind: "constant", value: BigInt(value.slice(0, MAX_DIGITS)), line }, line };
    }
    return { kind: "attribute", object, name: this.expect("name"), line };
  }

  #subscript(object: Expression, line: number): Expression {
    const part = () => (this.is("operator", ":") || this.is("operator", "]") ? undefined : this.expression());
    const start = part();
    if (!this.accept("operator", ":")) {
      const index = start ?? this.fail("expected an index");
      this.expect("operator", "]");
      return { kind: "item", object, index, line };
    }
    const stop = part();
    const step = this.accept("operator", ":") ? part() : undefined;
    this.expect("operator", "]");
    return { kind: "slice", object, start, stop, step, line };
  }

  #filtersAndTests(input: Expression): Expression {
    let operand = input;
    for (;;) {
      const { line } = this.token;
      if (this.accept("operator", "|")) {
        const name = this.dottedName();
        const args: CallArguments = this.is("operator", "(") ? this.callArguments() : { positional: [], named: [] };
        operand = { kind: "filter", input: operand, name, args, line };
      } else if (this.accept("name", "is")) operand = this.#test(operand, line);
      else if (this.is("operator", "(")) operand = { kind: "call", callee: operand, args: this.callArguments(), line };
      else return operand;
    }
  }

  /** `x is divisibleby(3)`, `x is divisibleby 3`, `x is not none`. */
  #test(input: Expression, line: number): Expression {
    const negated = this.accept("name", "not");
    const name = this.dottedName();
    const test: Expression = { kind: "test", input, name, args: this.#testArguments(), line };
    return negated ? { kind: "not", operand: test, line } : test;
  }

  #testArguments(): CallArguments {
    const { type, value } = this.token;
    if (this.is("operator", "(")) return this.callArguments();
    const begins =
      type === "name"
        ? !/^(else|or|and|is|if|in|not)$/.test(value)
        : type === "string" || type === "int" || type === "float" || (type === "operator" && "[{".includes(value));
    return { positional: begins ? [this.#postfix(this.#primary())] : [], named: [] };
  }

  /** The name of a filter or test. */
  protected dottedName(): string {
    let name = this.expect("name");
    while (this.accept("operator", ".")) name += `.${this.expect("name")}`;
    return name;
  }

  protected callArguments(): CallArguments {
    const positional: Expression[] = [];
    const named: [string, Expression][] = [];
    let spread: Expression | undefined;
    let namedSpread: Expression | undefined;
    this.expect("operator", "(");
    this.#items(")", () => {
      const { value } = this.token;
      if (namedSpread) this.fail("nothing may follow a ** argument");
      if (this.accept("operator", "**")) namedSpread = this.expression();
      else if (this.accept("operator", "*")) {
        if (spread || named.length > 0) this.fail("a * argument stands once, before the named ones");
        spread = this.expression();
      } else if (this.is("name") && this.peek().type === "operator" && this.peek().value === "=") {
        this.next();
        this.next();
        named.push([value, this.expression()]);
      } else {
        if (spread || named.length > 0) this.fail("an argument by position follows one by name");
        positional.push(this.expression());
      }
    });
    return { positional, named, spread, namedSpread };
  }
}

function describe(type: TokenType, value = ""): string {
  switch (type) {
    case "text":
      return "text";
    case "begin-block":
      return "{%";
    case "end-block":
      return "%}";
    case "begin-print":
      return "{{";
    case "end-print":
      return "}}";
    case "end":
      return "the end of the template";
    default:
      return value ? `"${value}"` : type === "int" ? "a number" : `a ${type}`;
  }
}
