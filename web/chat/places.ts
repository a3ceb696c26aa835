// Conversations in which a message's id is its place in the list: as files have them, and as browsers kept them once.
import type { Conversation, Head, Message } from "./conversation.ts";

/** -1 is the leaf of a conversation that has no messages. */
export interface InPlaces {
  readonly head: Omit<Head, "leaf"> & { readonly leaf: number };
  readonly messages: readonly Placed<Message>[];
}

type Placed<T> = T extends Message ? Omit<T, "id" | "order" | "parent"> & { readonly id: number; readonly parent?: number } : never;

export function toPlaces({ head, messages }: Conversation): InPlaces {
  const places = new Map<string | undefined, number>(messages.map(({ id }, place) => [id, place]));
  return {
    head: { ...head, leaf: places.get(head.leaf) ?? -1 },
    messages: messages.map(({ order, ...message }, id) => ({ ...message, id, parent: places.get(message.parent) })),
  };
}

/** Ids need be unlike those of the same conversation only: what is written to it later has random ones. */
export function fromPlaces({ head, messages }: InPlaces): Conversation {
  return {
    head: { ...head, leaf: idOf(head.leaf) },
    messages: messages.map((message) => ({ ...message, id: String(message.id), order: message.id, parent: idOf(message.parent) })),
  };
}

function idOf(place = -1): string | undefined {
  return place < 0 ? undefined : String(place);
}
