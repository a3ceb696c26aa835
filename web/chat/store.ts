// Conversations are kept in this browser, in IndexedDB: the heads apart from the messages, so that a list of many does not read them all, and a message of its
// own is written while an answer grows.
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB, type StoreNames } from "idb";
import { type Conversation, type Head, type Message, merged } from "./conversation.ts";
import { fromPlaces, type InPlaces } from "./places.ts";

export interface Store {
  /** The latest first. */
  heads(): Promise<Head[]>;
  conversation(id: string): Promise<Conversation | undefined>;
  /**
   * Keeps the head, and the messages that are new or have changed. Of a conversation that is not new, and that was removed meanwhile, nothing is kept: the
   * rest of it would be a fragment.
   *
   * @returns whether it was kept
   */
  keep(head: Head, messages: readonly Message[], isNew: boolean): Promise<boolean>;
  remove(id: string): Promise<void>;
}

interface Schema extends DBSchema {
  heads: { key: string; value: Head };
  messages: { key: [conversation: string, order: number, id: string]; value: Message };
}

/** The first version: a message's id was its place, and two pages that wrote to one conversation wrote over each other. */
interface FirstSchema extends DBSchema {
  heads: { key: string; value: InPlaces["head"] };
  messages: { key: [conversation: string, place: number]; value: InPlaces["messages"][number] };
}

/**
 * @param blocked another page of this browser has an older version of the store open: nothing goes on before it is closed
 * @throws DOMException where the browser keeps nothing, such as in some private windows
 */
export async function openStore(blocked: () => void): Promise<Store> {
  const database: IDBPDatabase<Schema> = await openDB<Schema>("cria-chat", 2, {
    blocked,
    async upgrade(changing, version, _, transaction) {
      if (version === 1) return leavePlaces(transaction);
      changing.createObjectStore("heads", { keyPath: "id" });
      changing.createObjectStore("messages");
    },
  });
  return {
    heads: async () => (await database.getAll("heads")).sort(latestFirst),
    async conversation(id) {
      const transaction = database.transaction(["heads", "messages"]);
      const [head, messages] = await Promise.all([
        transaction.objectStore("heads").get(id),
        transaction.objectStore("messages").getAll(all(id)),
      ]);
      return head && { head, messages };
    },
    async keep(head, messages, isNew) {
      const transaction = database.transaction(["heads", "messages"], "readwrite");
      const [heads, kept] = [transaction.objectStore("heads"), transaction.objectStore("messages")];
      if (!isNew && (await heads.getKey(head.id)) === undefined) return false;
      await Promise.all([
        heads.put(head),
        ...messages.map((message) => kept.put(message, [head.id, message.order, message.id])),
        transaction.done,
      ]);
      return true;
    },
    async remove(id) {
      const transaction = database.transaction(["heads", "messages"], "readwrite");
      await Promise.all([
        transaction.objectStore("heads").delete(id),
        transaction.objectStore("messages").delete(all(id)),
        transaction.done,
      ]);
    },
  };
}

/** The keys of a conversation's messages: an array is above all numbers and texts. */
function all(id: string): IDBKeyRange {
  return IDBKeyRange.bound([id], [id, []]);
}

type Upgrade<S extends DBSchema> = IDBPTransaction<S, StoreNames<S>[], "versionchange">;

/** From the first version to the second, one conversation after the other. */
async function leavePlaces(transaction: Upgrade<Schema>): Promise<void> {
  const first = transaction as unknown as Upgrade<FirstSchema>;
  for (const placed of await first.objectStore("heads").getAll()) {
    const { head, messages } = fromPlaces({ head: placed, messages: await first.objectStore("messages").getAll(all(placed.id)) });
    await first.objectStore("messages").delete(all(head.id));
    await transaction.objectStore("heads").put(head);
    for (const message of messages) await transaction.objectStore("messages").put(message, [head.id, message.order, message.id]);
  }
}

/** Forgets all with the page. */
export function memoryStore(): Store {
  const kept = new Map<string, Conversation>();
  return {
    heads: async () => Array.from(kept.values(), ({ head }) => head).sort(latestFirst),
    conversation: async (id) => kept.get(id),
    async keep(head, messages, isNew) {
      if (!isNew && !kept.has(head.id)) return false;
      kept.set(head.id, merged({ head, messages: kept.get(head.id)?.messages ?? [] }, { head, messages }));
      return true;
    },
    remove: async (id) => void kept.delete(id),
  };
}

function latestFirst(a: Head, b: Head): number {
  return b.changed - a.changed;
}
