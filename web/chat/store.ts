// Conversations are kept in this browser, in IndexedDB: the heads apart from the messages, so that a list of many does not read them all, and a message of its
// own is written while an answer grows.
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Conversation, Head, Message } from "./conversation.ts";

export interface Store {
  /** The latest first. */
  heads(): Promise<Head[]>;
  conversation(id: string): Promise<Conversation | undefined>;
  /** Keeps the head, and those of the messages that are named: the others are there and have not changed. */
  keep(conversation: Conversation, ids: readonly number[]): Promise<void>;
  remove(id: string): Promise<void>;
}

interface Schema extends DBSchema {
  heads: { key: string; value: Head };
  messages: { key: [conversation: string, id: number]; value: Message };
}

/** @throws DOMException where the browser keeps nothing, such as in some private windows */
export async function openStore(): Promise<Store> {
  const database: IDBPDatabase<Schema> = await openDB<Schema>("cria-chat", 1, {
    upgrade(fresh) {
      fresh.createObjectStore("heads", { keyPath: "id" });
      fresh.createObjectStore("messages");
    },
  });
  // An array is above all numbers and texts.
  const all = (id: string): IDBKeyRange => IDBKeyRange.bound([id], [id, []]);
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
    async keep({ head, messages }, ids) {
      const transaction = database.transaction(["heads", "messages"], "readwrite");
      const kept = transaction.objectStore("messages");
      await Promise.all([
        transaction.objectStore("heads").put(head),
        ...ids.map((id) => kept.put(messages[id], [head.id, id])),
        transaction.done,
      ]);
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

/** Forgets all with the page. */
export function memoryStore(): Store {
  const kept = new Map<string, Conversation>();
  return {
    heads: async () => Array.from(kept.values(), ({ head }) => head).sort(latestFirst),
    conversation: async (id) => kept.get(id),
    keep: async (conversation) => void kept.set(conversation.head.id, conversation),
    remove: async (id) => void kept.delete(id),
  };
}

function latestFirst(a: Head, b: Head): number {
  return b.changed - a.changed;
}
