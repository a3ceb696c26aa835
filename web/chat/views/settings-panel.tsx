// How the conversation is answered. What is changed holds from the next answer on, and for the next new conversation.
import type { VNode } from "preact";
import { useId, useState } from "preact/hooks";
import { type NumberSetting, numberSettings, readNumber, readStops, showStops } from "../settings.ts";
import { useChat } from "./context.ts";
import { IconButton } from "./icon-button.tsx";

export function SettingsPanel({ onClose }: { readonly onClose: () => void }): VNode {
  const chat = useChat();
  const settings = chat.settings.peek();
  return (
    <form class="settings" onSubmit={(event) => event.preventDefault()}>
      <header>
        <h2>Settings</h2>
        <IconButton icon="close" label="Close the settings" onClick={onClose} />
      </header>
      <label class="field">
        System prompt
        <textarea
          rows={4}
          defaultValue={settings.system}
          placeholder="How the model should answer"
          onChange={({ currentTarget }) => chat.set({ system: currentTarget.value })}
        />
      </label>
      {(Object.keys(numberSettings) as NumberSetting[]).map((name) => (
        <NumberField key={name} name={name} />
      ))}
      <label class="field">
        Stop at
        <textarea
          rows={2}
          defaultValue={showStops(settings.stop)}
          placeholder="One text a line"
          spellcheck={false}
          onChange={({ currentTarget }) => chat.set({ stop: readStops(currentTarget.value) })}
        />
        <small>texts at which an answer ends; \n is a new line</small>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={chat.settings.value.logprobs}
          onChange={({ currentTarget }) => chat.set({ logprobs: currentTarget.checked })}
        />
        <span>
          Tokens with probabilities
          <small>each answer can then be read token by token</small>
        </span>
      </label>
    </form>
  );
}

function NumberField({ name }: { readonly name: NumberSetting }): VNode {
  const chat = useChat();
  const id = useId();
  const traits = numberSettings[name];
  const [isWrong, setWrong] = useState(false);
  const change = (text: string): void => {
    const value = readNumber(text, traits);
    setWrong(value === "wrong");
    if (value !== "wrong") chat.set({ [name]: value });
  };
  return (
    <div class="field number">
      <label for={id}>{traits.label}</label>
      <input
        id={id}
        inputMode={traits.step < 1 ? "decimal" : "numeric"}
        placeholder="default"
        defaultValue={chat.settings.peek()[name]?.toString() ?? ""}
        aria-invalid={isWrong}
        aria-describedby={`${id}-hint`}
        onInput={({ currentTarget }) => change(currentTarget.value)}
      />
      <small id={`${id}-hint`} class={isWrong ? "wrong" : undefined}>
        {isWrong ? `a number from ${traits.min} to ${traits.max.toLocaleString("en")}` : traits.hint}
      </small>
    </div>
  );
}
