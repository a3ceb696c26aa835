// What the text of an answer has to be: the part of a request that a grammar enforces token by token.

/** One way to say which texts are allowed. */
export type OutputFormat =
  /** Any JSON object. */
  | { readonly kind: "json" }
  /** JSON of this schema (JSON Schema 2020-12; what cannot be enforced is refused by name). */
  | { readonly kind: "schema"; readonly schema: unknown }
  /** A text that a regular expression matches as a whole. */
  | { readonly kind: "regex"; readonly pattern: string }
  /** A text of a grammar in GBNF, XGrammar's EBNF, whose first rule is `root`. */
  | { readonly kind: "grammar"; readonly grammar: string };
