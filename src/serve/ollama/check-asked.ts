// What is asked for and what a loaded model can.
import type { Asked } from "../../wires/ollama/schemas.ts";
import { ParameterError } from "../../wires/request.ts";
import type { ModelInUse } from "../use-model.ts";

/** As in Ollama, a model that cannot think is not asked to. @throws ParameterError */
export function checkAsked(use: ModelInUse, { think }: Pick<Asked, "think">): ModelInUse {
  if (think && !use.facts.capabilities.reasoning) throw new ParameterError(`"${use.name}" does not support thinking`, "think");
  return use;
}
