// OpenAI's calls before their code is there: bundles that never make one do not carry it.
import type { OpenAi } from "./in-process.ts";

/** @param load called once, with the first call */
export function openAiLater(load: () => Promise<OpenAi>): OpenAi {
  let loading: Promise<OpenAi> | undefined;
  /** A call with the same arguments, once there is something to call. */
  const later = <F>(find: (there: OpenAi) => F): F => {
    const call = async (...args: unknown[]): Promise<unknown> => {
      loading ??= load();
      return (find(await loading) as (...args: unknown[]) => unknown)(...args);
    };
    return call as F;
  };
  return {
    chat: { completions: { create: later((there) => there.chat.completions.create) } },
    completions: { create: later((there) => there.completions.create) },
    embeddings: { create: later((there) => there.embeddings.create) },
    models: { list: later((there) => there.models.list) },
    responses: { create: later((there) => there.responses.create) },
  };
}
