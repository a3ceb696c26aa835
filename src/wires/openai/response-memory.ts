// Responses that later ones continue. They are kept in this process, as long as there is room.
import { ParameterError } from "../request.ts";
import type { InputItem, ResponseObject } from "./response-types.ts";

interface Room {
  readonly count: number;
  /** Characters of JSON: about as many bytes. */
  readonly size: number;
}

const ROOM_OF_OWNER: Room = { count: 1000, size: 16e6 };
/** Owners come and go with their keys: what those left who are gone makes room like everything else. */
const ROOM_OF_ALL: Room = { count: 4000, size: 64e6 };

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
  /** The least recently used make room, the owner's own first; what is larger than all the room is not kept. */
  keep(response: ResponseObject, input: readonly InputItem[]): void;
  /** @returns whether there was one */
  remove(id: string): boolean;
}

/** What each owner has been answered: nobody finds what is another's. */
export interface ResponseMemories {
  of(owner: string): ResponseMemory;
}

interface Entry extends KeptResponse {
  readonly owner: string;
  readonly size: number;
}

export function createResponseMemories(): ResponseMemories {
  /** The least recently used first. */
  const kept = new Map<string, Entry>();
  /** What each owner takes; those who take nothing are not here. */
  const owners = new Map<string, Room>();
  /** Items of owners by their ids: a request may refer to thousands. Made when one is asked for, and void when something is kept or removed. */
  const items = new Map<string, ReadonlyMap<string, InputItem>>();
  let all: Room = { count: 0, size: 0 };

  const takenBy = (owner: string): Room => owners.get(owner) ?? { count: 0, size: 0 };

  const add = (id: string, entry: Entry): void => {
    kept.set(id, entry);
    items.delete(entry.owner);
    all = { count: all.count + 1, size: all.size + entry.size };
    const { count, size } = takenBy(entry.owner);
    owners.set(entry.owner, { count: count + 1, size: size + entry.size });
  };

  const remove = (id: string, { owner, size }: Entry): void => {
    kept.delete(id);
    items.delete(owner);
    all = { count: all.count - 1, size: all.size - size };
    const taken = takenBy(owner);
    if (taken.count === 1) owners.delete(owner);
    else owners.set(owner, { count: taken.count - 1, size: taken.size - size });
  };

  const itemsOf = (owner: string): ReadonlyMap<string, InputItem> => {
    const known = items.get(owner);
    if (known) return known;
    const found = new Map<string, InputItem>();
    for (const entry of kept.values()) {
      if (entry.owner !== owner) continue;
      for (const list of [entry.input, entry.response.output]) for (const item of list) if (!found.has(item.id)) found.set(item.id, item);
    }
    items.set(owner, found);
    return found;
  };

  const makeRoom = (owner: string): void => {
    for (const [id, entry] of kept) {
      if (fits(takenBy(owner), ROOM_OF_OWNER)) break;
      if (entry.owner === owner) remove(id, entry);
    }
    for (const [id, entry] of kept) {
      if (fits(all, ROOM_OF_ALL)) break;
      remove(id, entry);
    }
  };

  const memoryOf = (owner: string): ResponseMemory => {
    const find = (id: string): Entry | undefined => {
      const entry = kept.get(id);
      return entry?.owner === owner ? entry : undefined;
    };
    return {
      find,

      conversation(id) {
        const turns: KeptResponse[] = [];
        for (let next: string | null = id; next !== null; next = turns[0].response.previous_response_id) {
          const turn = find(next);
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

      item: (id) => itemsOf(owner).get(id),

      keep(response, input) {
        const size = JSON.stringify([response, input]).length;
        if (size > ROOM_OF_OWNER.size) return;
        add(response.id, { owner, response, input, size });
        makeRoom(owner);
      },

      remove(id) {
        const entry = find(id);
        if (entry) remove(id, entry);
        return entry !== undefined;
      },
    };
  };

  return { of: memoryOf };
}

function fits(taken: Room, room: Room): boolean {
  return taken.count <= room.count && taken.size <= room.size;
}
