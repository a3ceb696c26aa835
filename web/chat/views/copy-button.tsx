import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { copyText } from "../clipboard.ts";
import { IconButton } from "./icon-button.tsx";

export function CopyButton({ text }: { readonly text: string }): VNode {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    setCopied(await copyText(text));
    setTimeout(() => setCopied(false), 2000);
  };
  return <IconButton icon={isCopied ? "done" : "copy"} label={isCopied ? "Copied" : "Copy"} onClick={copy} />;
}
