// What a page keeps from some of its readers, found by looking at all that it shows. It runs within the page, so it stands alone.

/** In words; none when all is well. The limits are those of WCAG 2.2, level AA. */
export function complaintsOf(): string[] {
  const complaints: string[] = [];
  const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true })!;
  const isShown = (element: Element): boolean =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !element.closest("[inert]");
  const describe = (element: Element): string => element.outerHTML.slice(0, 120);

  const nameOf = (element: Element): string => {
    const ids = element.getAttribute("aria-labelledby")?.split(" ") ?? [];
    const named = ids.map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
    const labels = Array.from((element as HTMLInputElement).labels ?? [], (label) => label.textContent).join(" ");
    return (element.getAttribute("aria-label") || named || labels || element.textContent || "").trim();
  };

  /** Of relative luminance, WCAG 2.2. */
  const luminance = (colours: readonly string[]): number => {
    pixel.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      pixel.fillStyle = colour;
      pixel.fillRect(0, 0, 1, 1);
    }
    const [r, g, b] = Array.from(pixel.getImageData(0, 0, 1, 1).data, (value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const grounds = (element: Element | null): string[] =>
    element ? [...grounds(element.parentElement), getComputedStyle(element).backgroundColor] : [];

  const modal = document.querySelector("dialog:modal");
  const within = modal ?? document;
  for (const element of within.querySelectorAll("button, input, select, textarea, a, [tabindex='0'], [role=listbox], dialog, aside, nav")) {
    if (isShown(element) && nameOf(element) === "") complaints.push(`no name: ${describe(element)}`);
  }
  for (const element of within.querySelectorAll("button, select, textarea, a, input:not([type=checkbox], .unseen)")) {
    const { width, height } = element.getBoundingClientRect();
    // Links within a text are as large as its lines.
    if (isShown(element) && element.tagName !== "A" && Math.min(width, height) < 24)
      complaints.push(`smaller than 24 pixels: ${describe(element)}`);
  }
  const ids = Array.from(document.querySelectorAll("[id]"), ({ id }) => id);
  for (const id of new Set(ids)) if (ids.indexOf(id) !== ids.lastIndexOf(id)) complaints.push(`twice the id ${id}`);
  for (const attribute of ["aria-labelledby", "aria-describedby", "aria-activedescendant", "for"]) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      if (!document.getElementById(element.getAttribute(attribute)!)) complaints.push(`${attribute} of nothing: ${describe(element)}`);
    }
  }
  if (document.querySelectorAll("main").length !== 1 || document.querySelectorAll("h1").length !== 1)
    complaints.push("not one main, one h1");
  if (document.documentElement.lang === "") complaints.push("no language");

  const texts = document.createTreeWalker(within, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const element = text.parentElement!;
    if (!text.textContent?.trim() || !isShown(element) || element.closest(":disabled, .unseen, option, noscript, script, style")) continue;
    const around = grounds(element);
    const [ink, ground] = [luminance([...around, getComputedStyle(element).color]), luminance(around)];
    const contrast = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
    if (contrast < 4.5) complaints.push(`a contrast of ${contrast.toFixed(2)}: ${describe(element)}`);
  }
  return complaints;
}
