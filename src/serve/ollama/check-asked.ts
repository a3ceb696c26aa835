// What is asked for and what a loaded model has.
import type { Asked } from "../../wires/ollama/schemas.ts";
import { ParameterError } from "../../wires/request.ts";
import { readParameters } from "../made-settings.ts";
import type { ModelInUse } from "../use-model.ts";

/**
 * A larger context than there is would be cut off in silence; a smaller one saves nothing here.
 *
 * @param asked num_ctx of the request
 * @throws ParameterError
 */
export function checkContext(use: ModelInUse, asked: number | undefined): ModelInUse {
  const held = use.facts.contextLength;
  const wanted = asked ?? readParameters(use.known.made?.parameters).num_ctx ?? held;
  if (wanted <= held) return use;
  throw new ParameterError(
    `options.num_ctx is ${wanted}: ${use.name} has a context of ${held} on this server: ask for less, or start the server with --ctx ${wanted}`,
    "options.num_ctx",
  );
}

/** The context and, as in Ollama, that the model can think where that is asked for. @throws ParameterError */
export function checkAsked(use: ModelInUse, { contextLength, think }: Pick<Asked, "contextLength" | "think">): ModelInUse {
  if (think && !use.facts.capabilities.reasoning) throw new ParameterError(`"${use.name}" does not support thinking`, "think");
  return checkContext(use, contextLength);
}
