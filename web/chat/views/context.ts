// What all views share.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Chat } from "../chat.ts";

export const ChatContext = createContext<Chat | undefined>(undefined);

export function useChat(): Chat {
  return useContext(ChatContext)!;
}
