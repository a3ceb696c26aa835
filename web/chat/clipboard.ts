/** Whether the text was copied. A page that came by plain HTTP from another machine has no clipboard of the newer kind. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "unseen";
    // Within an open dialog, nothing outside it can be selected.
    (document.querySelector("dialog[open]") ?? document.body).append(field);
    const focused = document.activeElement as HTMLElement | null;
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    focused?.focus();
    return copied;
  }
}
