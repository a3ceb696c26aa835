import { useEffect, useState } from "preact/hooks";

/** As the style has it. */
const narrow = matchMedia("(max-width: 52rem)");

/** Whether the page is so narrow that its sides are drawers. */
export function useNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(narrow.matches);
  useEffect(() => {
    const listen = (): void => setNarrow(narrow.matches);
    narrow.addEventListener("change", listen);
    return () => narrow.removeEventListener("change", listen);
  }, []);
  return isNarrow;
}
