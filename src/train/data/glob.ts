// Patterns of paths: * stands for any letters of a name, ? for one, ** for any folders. (Node has fs.glob from 22 on.)

export function isGlob(path: string): boolean {
  return /[*?]/.test(path);
}

/** The folder in which everything lies that a pattern can match, and the test of a path that begins with that folder. */
export function parseGlob(pattern: string): { readonly folder: string; readonly matches: (path: string) => boolean } {
  const parts = pattern.split("/");
  const plain = parts.slice(0, parts.findIndex(isGlob));
  const expression = parts
    .map((part, i) => {
      const last = i === parts.length - 1;
      if (part === "**") return last ? ".+" : "(?:[^/]+/)*";
      const name = part
        .replace(/[.+^${}()|[\]\\]/g, "\\$&")
        .replace(/\*+/g, "[^/]*")
        .replaceAll("?", "[^/]");
      return last ? name : `${name}/`;
    })
    .join("");
  const whole = new RegExp(`^${expression}$`);
  const folder = plain.length === 0 ? "." : plain.join("/") || "/";
  return { folder, matches: (path) => whole.test(plain.length === 0 ? path.replace(/^\.\//, "") : path) };
}
