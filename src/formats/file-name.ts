// Names of files: the plain one at the end of a path or URL, and those of neighbours, which come out of files by strangers, so that only plain
// names are followed, never a path.
import { FormatError } from "../errors.ts";
import { quote } from "./quote.ts";

/** Returns `name` if it is a plain file name on every system. @param from the file, and the place in it, that names it @throws FormatError */
export function siblingName(name: string, from: string): string {
  // Separators, drive letters, streams and URL schemes; control characters, NUL among them.
  const plain = /^[^/\\:\p{Cc}]{1,255}$/u.test(name) && name !== "." && name !== "..";
  if (!plain) throw new FormatError(`${from}: names the file ${quote(name)}, expected a plain file name in the same folder`);
  return name;
}

/** The last part of a path, or of a URL without its query and as it was before it was encoded. @param name of a source */
export function fileName(name: string): string {
  const isUrl = /^https?:/i.test(name) && URL.canParse(name);
  const last = (isUrl ? new URL(name).pathname : name).split(isUrl ? "/" : /[/\\]/).at(-1) ?? "";
  try {
    return isUrl ? decodeURIComponent(last) : last;
  } catch {
    return last; // a lone %
  }
}
