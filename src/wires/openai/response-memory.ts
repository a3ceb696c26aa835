// Responses that later ones continue. They are kept in this process, as long as there is room.
import { ParameterError } from "../request.ts";
import type { InputItem, ResponseObject } from "./response-types.ts";

/** Of one owner. */
const MAX_RESPONSES = 1000;
/** Characters of JSON of one owner: about as many bytes. */
const MAX_SIZE = 16e6;

export interface KeptResponse {
  readonly response: ResponseObject;
  /** What its request brought, without what came before. */
  readonly input: readonly InputItem[];
}

/** What one owner has been answered. */
export interface ResponseMemory {
  find(id: string): KeptResponse | undefined;
  /** All that was said up to the end of a response. @throws ParameterError when it, or one before it, is not kept (any more) */
  conversation(id: string): InputItem[];
  /** An item of any response, or of its input. */
  item(id: string): InputItem | undefined;
  /** The least recently used make room; what is larger than all the room is not kept. */
  keep(response: ResponseObject, input: readonly InputItem[]): void;
  /** @returns whether there was one */
  remove(id: string): boolean;
}

export function createResponseMemory(): ResponseMemory {
  /** The least recently used first. */
  const kept = new Map<string, KeptResponse & { readonly size: number }>();
  let size = 0;

  const remove = (id: string): boolean => {
    size -= kept.get(id)?.size ?? 0;
    return kept.delete(id);
  };

  return {
    find: (id) => kept.get(id),

    conversation(id) {
      const turns: KeptResponse[] = [];
      for (let next: string | null = id; next !== null; next = turns[0].response.previous_response_id) {
        const turn = kept.get(next);
        if (!turn) {
          const what =
            next === id
              ? `there is no response ${JSON.stringify(id)} (any more)`
              : `${JSON.stringify(id)} goes back to ${next}, which is not kept any more`;
          throw new ParameterError(`${what}: send the whole conversation as input`, "previous_response_id");
        }
        // What a response is based on counts as used after it, and so stays longer.
        kept.delete(next);
        kept.set(next, turn);
        turns.unshift(turn);
      }
      return turns.flatMap(({ response, input }) => [...input, ...response.output]);
    },

    item(id) {
      for (const { response, input } of kept.values()) {
        const found = [...input, ...response.output].find((each) => each.id === id);
        if (found) return found;
      }
      return undefined;
    },

    keep(response, input) {
      const entry = { response, input, size: JSON.stringify([response, input]).length };
      kept.set(response.id, entry);
      size += entry.size;
      for (const id of kept.keys()) {
        if (kept.size <= MAX_RESPONSES && size <= MAX_SIZE) break;
        remove(id);
      }
    },

    remove,
  };
}
