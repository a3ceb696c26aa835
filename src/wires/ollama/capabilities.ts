// What a model can do, in Ollama's words.
import { capabilitiesIn } from "../../chat/open-conversation.ts";

/** @param template the model's chat template; a model without one has neither tools nor thoughts */
export function ollamaCapabilities(template: string | undefined): string[] {
  const { tools, reasoning } = template === undefined ? { tools: false, reasoning: false } : capabilitiesIn(template);
  return ["completion", ...(tools ? ["tools"] : []), ...(reasoning ? ["thinking"] : [])];
}
