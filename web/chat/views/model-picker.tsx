import type { VNode } from "preact";
import { useChat } from "./context.ts";

export function ModelPicker(): VNode {
  const chat = useChat();
  const models = chat.models.value ?? [];
  return (
    <select
      class="picker"
      aria-label="Model"
      value={chat.model.value}
      disabled={models.length === 0}
      onChange={({ currentTarget }) => chat.set({ model: currentTarget.value })}
    >
      {models.length === 0 && <option>no model</option>}
      {models.map((model) => (
        <option key={model} value={model}>
          {model}
        </option>
      ))}
    </select>
  );
}
