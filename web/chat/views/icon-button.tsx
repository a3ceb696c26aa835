import type { ComponentChildren, VNode } from "preact";
import { Icon } from "./icons.tsx";

interface IconButtonProps {
  readonly icon: Parameters<typeof Icon>[0]["name"];
  /** What it does; seen when it is pointed at, and read out. */
  readonly label: string;
  readonly onClick: (event: MouseEvent) => void;
  readonly disabled?: boolean;
  readonly expanded?: boolean;
  readonly pressed?: boolean;
  readonly id?: string;
  readonly class?: string;
  /** Words beside the drawing. */
  readonly children?: ComponentChildren;
}

export function IconButton({ icon, label, onClick, disabled, expanded, pressed, id, children, ...rest }: IconButtonProps): VNode {
  const isNamedInside = children !== undefined;
  return (
    <button
      type="button"
      id={id}
      class={`${rest.class ?? "tool"}`}
      title={label}
      aria-label={isNamedInside ? undefined : label}
      aria-expanded={expanded}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
      {children}
    </button>
  );
}
