// Templates that mean harm. Each must end in an UnsupportedError that names the limit: no hang, no crash, no memory without end.
import { describe, expect, it } from "vitest";
import { UsageError } from "../../errors.ts";
import { MAX_DEPTH, MAX_NESTING, MAX_RANGE } from "./limits.ts";
import { renderTemplate } from "./template.ts";

const render = (template: string, variables: Record<string, unknown> = {}): string => renderTemplate(template, variables, new Date(0));

const unsupported = (message: RegExp): unknown =>
  expect.objectContaining({ name: "UnsupportedError", message: expect.stringMatching(message) });

const grow = (body: string): string => `{% set ns = namespace(s='ab', l=[1], n=3) %}{% for i in range(100000) %}${body}{% endfor %}`;
const double = "{% set ns.l = [ns.l, ns.l] %}";

const steps = {
  "nested loops": "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
  "a macro that calls itself twice": "{% macro m(n) %}{% if n > 0 %}{{ m(n-1) }}{{ m(n-1) }}{% endif %}{% endmacro %}{{ m(60) }}",
  "filters over long lists": grow("{% set q = range(100000) | map('string') | map('upper') | join %}"),
  "sorting again and again": grow("{% set q = range(100000) | sort(reverse=true) %}"),
  "printing a list that doubles by reference": `{% set ns = namespace(l=[1]) %}{% for i in range(40) %}${double}{% endfor %}{{ ns.l }}`,
  "JSON of a list that doubles by reference": `{% set ns = namespace(l=[1]) %}{% for i in range(40) %}${double}{% endfor %}{{ ns.l | tojson }}`,
  "a search for a long text in a longer one": `{% set s = 'a' * 1000000 %}${grow("{% set q = ('a' * 500000 ~ 'b') in s %}")}`,
  "a test that reads a long text": `{% set s = 'ab' * 1000000 %}${grow("{% set q = s is lower %}")}`,
  "the length of a text beyond the BMP": `{% set s = '\\U0001F999' * 1000000 %}${grow("{% set q = s | length %}")}`,
  "a long key that changes": `{% set s = 'ab' * 8000000 %}${grow("{% set q = [1][s ~ i] %}")}`,
  "reading digits": "{{ ('9' * 1000000) | int }}",
};

const texts = {
  "doubling a string": grow("{% set ns.s = ns.s ~ ns.s %}"),
  "repeating a string": "{{ 'x' * 10 ** 12 }}",
  "a replacement at every character": "{{ ('x' * 1000000) | replace('', 'y' * 1000000) }}",
  "a long separator": "{{ range(100000) | join('x' * 100000) }}",
  "a wide field": "{{ 'x'.center(10 ** 12) }}",
  "a wide number": "{{ '%999999999d' % 1 }}",
  "a wide margin": "{{ 'x\ny' | indent(10 ** 12) }}",
  "wide JSON": "{{ [[1]] | tojson(indent=10 ** 9) }}",
  "long output": `{% set s = 'x' * 10000000 %}{{ s }}{{ s }}{{ s }}{{ s }}`,
};

const lists = {
  "repeating a list": "{{ [1] * 10 ** 12 }}",
  "doubling a list": grow("{% set ns.l = ns.l + ns.l %}"),
  "filling up a row": "{{ [1] | batch(10 ** 12, 'x') | list }}",
  "many columns": "{{ [1] | slice(10 ** 12) | list }}",
};

const deep = {
  "a macro that calls itself": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
  "two macros that call each other": "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
  "a block that calls its own macro":
    "{% macro m() %}{{ caller() }}{% endmacro %}{% macro r() %}{% call m() %}{{ r() }}{% endcall %}{% endmacro %}{{ r() }}",
  "a recursive loop without end": "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
  "a namespace inside itself": "{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}",
  "a list nested 100,000 deep": `${grow("{% set ns.l = [ns.l] %}")}{{ ns.l }}`,
  "comparing what is nested 100,000 deep": `{% set m = namespace(l=[]) %}${grow("{% set ns.l = [ns.l] %}{% set m.l = [m.l] %}")}{{ ns.l == m.l }}`,
  "a long sum": `{{ 1${"+1".repeat(100_000)} }}`,
  "a long chain of filters": `{{ 1${"|string".repeat(100_000)} }}`,
  "a long chain of attributes": `{{ x${".a".repeat(100_000)} }}`,
};

const nested = {
  parentheses: `{{ ${"(".repeat(100_000)}1${")".repeat(100_000)} }}`,
  brackets: `{{ ${"[".repeat(100_000)}1${"]".repeat(100_000)} }}`,
  nots: `{{ ${"not ".repeat(100_000)}1 }}`,
  signs: `{{ ${"-".repeat(100_000)}1 }}`,
  blocks: "{% if 1 %}".repeat(20_000) + "{% endif %}".repeat(20_000),
  "inline ifs": `{{ ${"1 if 0 else ".repeat(50_000)}1 }}`,
  targets: `{% for ${"(".repeat(100_000)}a${")".repeat(100_000)} in x %}{% endfor %}`,
};

describe("limits", () => {
  it.each(Object.entries(steps))("%s runs out of steps", (_, template) => {
    expect(() => render(template)).toThrow(unsupported(/^chat template, line \d+: the template does not end within 10,000,\d+ steps/));
  });

  it.each(Object.entries(texts))("%s ends at the longest string", (_, template) => {
    expect(() => render(template)).toThrow(unsupported(/a string would have [\d,]+ characters, the limit is 33,554,432/));
  });

  it.each(Object.entries(lists))("%s ends at the longest list", (_, template) => {
    expect(() => render(template)).toThrow(unsupported(/a list would have [\d,]+ elements, the limit is 1,000,000/));
  });

  it.each(Object.entries(deep))("%s ends at the deepest evaluation", (_, template) => {
    expect(() => render(template)).toThrow(unsupported(new RegExp(`nests more than ${MAX_DEPTH} evaluations`)));
  });

  it.each(Object.entries(nested))("%s inside each other end at the deepest source", (_, template) => {
    expect(() => render(template)).toThrow(unsupported(new RegExp(`more than ${MAX_NESTING} blocks or parentheses inside each other`)));
  });

  it("bounds ranges, integers, decimals and the source itself", () => {
    expect(() => render("{{ range(10 ** 12) }}")).toThrow(/1,000,000,000,000 numbers, the limit is 100,000/);
    expect(render(`{{ range(${MAX_RANGE}) | length }}`)).toBe("100000");
    expect(() => render("{{ 10 ** (10 ** 10) }}")).toThrow("an integer would pass 4096 bits");
    expect(() => render(grow("{% set ns.n = ns.n * ns.n %}"))).toThrow("an integer would pass 4096 bits");
    expect(() => render(`{{ ${"9".repeat(500_000)} }}`)).toThrow("an integer of 500000 digits");
    expect(() => render("{{ '%.999999999f' % 1 }}")).toThrow("999999999 decimals");
    expect(() => render("x".repeat(2_000_000))).toThrow("2,000,000 characters, the limit is 1,048,576");
  });

  it("reads malformed source in linear time", () => {
    const n = 200_000;
    for (const source of [
      `{{ '${"\\a".repeat(n)} }}`,
      "{%".padEnd(n) + "raw",
      "{% raw %}" + "{%     ".repeat(n / 8),
      "{#".repeat(n),
      "{{ " + "1_".repeat(n) + " }}",
    ])
      expect(() => render(source)).toThrow(/^chat template, line \d+: /);
  });

  it("lets a long conversation through: steps grow with the input", () => {
    const messages = Array.from({ length: 3000 }, () => ({ role: "user", content: "Tell me about llamas. ".repeat(100) }));
    const text = render("{% for m in messages %}{% for w in m.content.split(' ') %}{{ w }} {% endfor %}{% endfor %}", { messages });
    expect(text.length).toBe(3000 * (2200 + 1));
  });
});

describe("the sandbox", () => {
  it.each([
    "constructor",
    "__proto__",
    "prototype",
    "__class__",
    "toString",
    "valueOf",
    "hasOwnProperty",
    "length",
    "call",
    "apply",
    "caller",
    "_values",
  ])("shows nothing of JavaScript behind .%s", (name) => {
    for (const value of [
      "[]",
      "{}",
      "''",
      "1",
      "1.5",
      "none",
      "true",
      "(1,)",
      "range(2)",
      "range",
      "namespace()",
      "strftime_now",
      "d.keys()",
      "d.keys",
      "(d | items)",
    ])
      expect(render(`{{ ${value}.${name} is defined }}{{ ${value}['${name}'] is defined }}`, { d: { a: 1 } })).toBe("FalseFalse");
  });

  it("has no names but the variables and the functions of the language", () => {
    const names = [
      "globalThis",
      "process",
      "require",
      "Object",
      "constructor",
      "__proto__",
      "this",
      "self",
      "import",
      "console",
      "toString",
    ];
    expect(render(names.map((name) => `{{ ${name} is defined }}`).join(""))).toBe("False".repeat(names.length));
    expect(() => render("{{ [].constructor.constructor('return process')() }}")).toThrow(UsageError);
    expect(() => render("{{ x | constructor }}{{ 1 is constructor }}")).toThrow('no filter "constructor"');
    expect(() => render("{{ 1 is __proto__ }}")).toThrow('no test "__proto__"');
  });

  it("takes __proto__ and constructor in messages for ordinary keys", () => {
    const message = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": "c"}');
    expect(render("{{ m.__proto__.polluted }}{{ m.constructor }}{{ m['__proto__'] }}{{ m | tojson }}", { m: message })).toBe(
      "1c{'polluted': 1}" + '{"__proto__": {"polluted": 1}, "constructor": "c"}',
    );
    expect(render("{{ {}.polluted is defined }}{{ dict(m).polluted is defined }}", { m: message })).toBe("FalseFalse");
    expect(
      render("{% set ns = namespace() %}{% set ns.__proto__ = m %}{{ ns.polluted is defined }}{{ ns.__proto__.a }}", { m: { a: 1 } }),
    ).toBe("False1");
  });

  it("runs nothing of the caller: getters, functions, class instances and cycles are refused", () => {
    let ran = false;
    const getter = Object.defineProperty({}, "content", {
      enumerable: true,
      get: () => {
        ran = true;
      },
    });
    expect(() => render("", { messages: [getter] })).toThrow("messages[0].content is a getter");
    expect(ran).toBe(false);
    expect(() => render("", { f: { g: () => 1 } })).toThrow("f.g is a function");
    expect(() => render("", { now: new Date() })).toThrow("now is a Date");
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(() => render("", { cycle })).toThrow("is there a cycle");
  });

  it("cannot change what it was given", () => {
    const xs = [3, 1, 2];
    expect(render("{{ xs | sort }}{{ xs | reverse | list }}{{ xs }}", { xs })).toBe("[1, 2, 3][2, 1, 3][3, 1, 2]");
    expect(xs).toEqual([3, 1, 2]);
    for (const call of ["xs.append(1)", "xs.sort()", "xs.clear()", "d.update(a=1)", "d.pop('a')", "d.setdefault('b', 1)"])
      expect(() => render(`{{ ${call} }}`, { xs, d: { a: 0 } })).toThrow("templates may not do");
  });
});
