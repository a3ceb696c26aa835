// Names of neighbouring files come out of files by strangers: only plain names are followed, never a path.
import { FormatError } from "../errors.ts";
import { quote } from "./quote.ts";

/** Returns `name` if it is a plain file name on every system. @param from the file, and the place in it, that names it @throws FormatError */
export function siblingName(name: string, from: string): string {
  // Separators, drive letters, streams and URL schemes; control characters, NUL among them.
  const plain = /^[^/\\:\p{Cc}]{1,255}$/u.test(name) && name !== "." && name !== "..";
  if (!plain) throw new FormatError(`${from}: names the file ${quote(name)}, expected a plain file name in the same folder`);
  return name;
}
