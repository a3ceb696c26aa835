// GET /slots: what is being answered now. Nobody sees what others ask.
import type { ServerContext } from "../context.ts";

/** @param owner who asks: its own answers are marked */
export function slotsOf({ answers, models }: ServerContext, owner: string): object[] {
  const contextLengths = new Map(
    models.loaded().flatMap(({ names, model }) => names.map(({ known }) => [known.name, model.facts.contextLength] as const)),
  );
  return answers.running().map((answer) => ({
    id: answer.number,
    id_task: answer.number,
    model: answer.model,
    n_ctx: contextLengths.get(answer.model),
    is_processing: answer.state !== "waiting",
    state: answer.state,
    since: answer.since.toISOString(),
    yours: answer.owner === owner,
    n_prompt_tokens: answer.promptTokens,
    n_prompt_tokens_cached: answer.cachedTokens,
    next_token: { n_decoded: answer.pieces },
  }));
}
