// Names for what a server makes: OpenAI's and Anthropic's clients expect a prefix and something random.

/** @param prefix "chatcmpl-", "msg_" ... */
export function newId(prefix: string): string {
  return prefix + crypto.randomUUID().replaceAll("-", "");
}
