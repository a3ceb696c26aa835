// The chat page of cria serve. It talks to the server that it came from, and to no other; what is said is kept in this browser only.
import { render } from "preact";
import { createChat } from "./chat.ts";
import { rememberedKey, rememberedSettings, rememberedTheme } from "./remember.ts";
import { openServer } from "./server.ts";
import { readSettings } from "./settings.ts";
import { memoryStore, openStore } from "./store.ts";
import { createTheme } from "./theme.ts";
import { App } from "./views/app.tsx";

const theme = createTheme(rememberedTheme());
const key = rememberedKey();
const settings = rememberedSettings();
/** Other pages of this browser that show the same conversations. */
const others = new BroadcastChannel("cria-chat");

const blocked = (): void => {
  document.body.textContent = "This page was updated, and other tabs still show it as it was: close or reload them, and it goes on here.";
};
const store = await openStore(blocked).catch(() => undefined);
const chat = createChat({
  store: store ?? memoryStore(),
  server: openServer(key.get),
  settings: readSettings(settings.get()),
  settingsChanged: (next) => settings.set(JSON.stringify(next)),
  kept: (id) => others.postMessage(id),
  nextFrame: requestAnimationFrame,
  // crypto.randomUUID is missing where a page came by plain HTTP from another machine.
  newId: () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join(""),
  now: Date.now,
});
if (!store) chat.notice.value = "This browser keeps nothing for this page: conversations end with it.";
others.onmessage = ({ data }) => void chat.refresh(String(data));

/** The conversation that the address names. */
const showNamed = (): Promise<void> => chat.show(location.hash.slice(1) || undefined);

await Promise.all([chat.refresh(""), showNamed()]);
chat.open.subscribe((open) => {
  const hash = open ? `#${open.head.id}` : "";
  document.title = open ? `${open.head.title} - cria` : "cria";
  if (location.hash !== hash) history.pushState(null, "", hash || location.pathname);
});
addEventListener("popstate", showNamed);
void chat.loadModels();
render(<App chat={chat} theme={theme} keyOfServer={key} />, document.body);
