import type { Branch } from "./branches.tsx";

/** Whether a message would be drawn as it is: messages and signals are compared by identity, branches by what they say. */
export function sameMessage<K extends string>(...kept: readonly K[]) {
  return (
    a: Record<K, unknown> & { readonly branch: Branch; readonly isLocked: boolean },
    b: Record<K, unknown> & { readonly branch: Branch; readonly isLocked: boolean },
  ): boolean =>
    kept.every((name) => a[name] === b[name]) &&
    a.isLocked === b.isLocked &&
    a.branch.at === b.branch.at &&
    a.branch.ids.length === b.branch.ids.length;
}
