// A word that nobody has said: where a prompt holds it, it holds the text that the word was put into. Digits alone, which templates write as they are.

export function unheardWord(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join("");
}
