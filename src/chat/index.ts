// cria/chat: conversations and the templates that turn them into prompts.

export { type EncodeChatOptions, encodeChat } from "./encode-chat.ts";
export { TemplateRefusal } from "./jinja/globals.ts";
export type { ChatMessage, ContentPart, ToolCall } from "./messages.ts";
export { type ChatTemplateInput, renderChatTemplate } from "./render-chat-template.ts";
