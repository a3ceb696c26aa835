// What the page knows, and what its reader can do. Views read the signals and call the functions; nothing here touches the page itself.
import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import {
  type Answer,
  added,
  branchTo,
  type Conversation,
  type Head,
  type Message,
  merged,
  messageOf,
  newConversation,
  type Problem,
  replaced,
  titleOf,
  turnedTo,
} from "./conversation.ts";
import { problemOf } from "./sentences.ts";
import { RefusedError, type Server } from "./server.ts";
import type { Settings } from "./settings.ts";
import type { Store } from "./store.ts";
import { exported, imported } from "./transfer.ts";

export interface Chat {
  /** Of all conversations, the latest first. */
  readonly heads: ReadonlySignal<readonly Head[]>;
  /** What is shown; undefined: a conversation that has not begun. */
  readonly open: ReadonlySignal<Conversation | undefined>;
  /** Of what is shown. */
  readonly settings: ReadonlySignal<Settings>;
  /** The answer that grows in what is shown. */
  readonly writing: ReadonlySignal<ReadonlySignal<Answer> | undefined>;
  /** Undefined until the server has told them. */
  readonly models: ReadonlySignal<readonly string[] | undefined>;
  /** Why there are no models. */
  readonly modelsProblem: ReadonlySignal<Problem | undefined>;
  /** The model that answers next: the chosen one while the server has it. */
  readonly model: ReadonlySignal<string | undefined>;
  /** The server refused the key that it got, or that it did not get. The reader may put it off. */
  readonly keyWanted: Signal<boolean>;
  /** Something that the reader should know, in a sentence. */
  readonly notice: Signal<string | undefined>;

  loadModels(): Promise<void>;
  /** Shows a conversation; undefined or an unknown id: a new one. */
  show(id: string | undefined): Promise<void>;
  set(change: Partial<Settings>): void;
  send(text: string): void;
  stop(): void;
  /** Another answer to the same question, as a branch. */
  regenerate(answer: string): void;
  /** The same question in other words, as a branch. */
  edit(question: string, text: string): void;
  /** Shows the branch of a message. */
  turnTo(message: string): void;
  rename(id: string, title: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** One conversation, or all, as the text of a file. */
  exportText(id?: string): Promise<string>;
  /** How many there were. @throws Error in a sentence */
  importText(text: string): Promise<number>;
  /** Takes up what another page of this browser has kept, or removed. */
  refresh(id: string): Promise<void>;
}

export interface ChatParts {
  readonly store: Store;
  readonly server: Server;
  /** Of the next new conversation. */
  readonly settings: Settings;
  /** Settings were changed: the next new conversation begins with them. */
  settingsChanged?(settings: Settings): void;
  /** Something was kept or removed. */
  kept?(id: string): void;
  /** Runs `draw` at the next frame. */
  nextFrame(draw: () => void): void;
  readonly newId: () => string;
  readonly now: () => number;
}

/** An answer that grows is kept so often, in case the page is closed. */
const KEEP_EVERY_MS = 1000;

interface Writing {
  readonly answer: Signal<Answer>;
  readonly abort: AbortController;
}

export function createChat({ store, server, nextFrame, newId, now, ...parts }: ChatParts): Chat {
  const heads = signal<readonly Head[]>([]);
  /** Those that were opened. One that is being answered is always here. */
  const opened = signal<ReadonlyMap<string, Conversation>>(new Map());
  /** Those that the store has, or had. */
  const known = new Set<string>();
  const openId = signal<string | undefined>(undefined);
  /** What the reader asked to see last. Loads end in any order, and those of earlier wishes show nothing. */
  let wish: { readonly id: string | undefined } = { id: undefined };
  const draft = signal<Settings>(parts.settings);
  const writings = signal<ReadonlyMap<string, Writing>>(new Map());
  const models = signal<readonly string[] | undefined>(undefined);
  const modelsProblem = signal<Problem | undefined>(undefined);
  const keyWanted = signal(false);
  const notice = signal<string | undefined>(undefined);

  const open = computed(() => (openId.value === undefined ? undefined : opened.value.get(openId.value)));
  const settings = computed(() => open.value?.head.settings ?? draft.value);
  const model = computed(() => {
    const chosen = settings.value.model;
    return chosen !== undefined && models.value?.includes(chosen) ? chosen : models.value?.[0];
  });
  const writing = computed(() => (openId.value === undefined ? undefined : writings.value.get(openId.value)?.answer));

  /** Takes a changed conversation up, and keeps the messages that are new or have changed. */
  function put(conversation: Conversation, messages: readonly Message[]): void {
    const { head } = conversation;
    batch(() => {
      opened.value = new Map(opened.value).set(head.id, conversation);
      heads.value = [head, ...heads.value.filter(({ id }) => id !== head.id)].sort((a, b) => b.changed - a.changed);
    });
    // Where earlier tries failed, what they had is kept now.
    keep(head, known.has(head.id) ? messages : conversation.messages);
  }

  function keep(head: Head, messages: readonly Message[]): void {
    store.keep(head, messages, !known.has(head.id)).then(
      (isKept) => {
        if (!isKept) {
          notice.value = "This conversation was removed in another tab.";
          return forget(head.id);
        }
        known.add(head.id);
        parts.kept?.(head.id);
      },
      (error) => {
        notice.value = `This browser could not keep the conversation (${error instanceof Error ? error.message : error}). Export it, or remove others.`;
      },
    );
  }

  async function readHeads(): Promise<void> {
    for (;;) {
      const before = heads.value;
      const kept = await store.heads();
      // What changed here meanwhile may not be among them.
      if (heads.value !== before) continue;
      heads.value = kept;
      return;
    }
  }

  function forget(id: string): void {
    writings.value.get(id)?.abort.abort();
    if (wish.id === id) wish = { id: undefined };
    batch(() => {
      opened.value = new Map([...opened.value].filter(([key]) => key !== id));
      heads.value = heads.value.filter((head) => head.id !== id);
      if (openId.value === id) openId.value = undefined;
    });
  }

  async function load(id: string): Promise<Conversation | undefined> {
    const kept = opened.value.has(id) ? undefined : await store.conversation(id);
    if (kept) known.add(id);
    // It may have been opened, and changed, meanwhile.
    return opened.value.get(id) ?? kept;
  }

  function touched({ head, messages }: Conversation): Conversation {
    return { head: { ...head, changed: now() }, messages };
  }

  function failed(error: unknown): Problem {
    if (error instanceof RefusedError && error.status === 401) keyWanted.value = true;
    return problemOf(error);
  }

  /** Writes an answer to a question, which may be new too. */
  function answer(conversation: Conversation, question: string): void {
    const { id, settings } = conversation.head;
    const chosen = model.value;
    const begun = { role: "assistant", text: "", model: chosen ?? "", state: "writing", maxTokens: settings.maxTokens } as const;
    const placed = added(conversation, { ...begun, id: newId(), parent: question });
    const growing = signal(placed.messages.at(-1) as Answer);
    const abort = new AbortController();
    batch(() => {
      writings.value = new Map(writings.value).set(id, { answer: growing, abort });
      put(touched(placed), [messageOf(placed, question), growing.value]);
    });
    void write(placed, growing, chosen, abort.signal).then((ended) => {
      const latest = opened.value.get(id);
      batch(() => {
        writings.value = new Map([...writings.value].filter(([key]) => key !== id));
        // Unless it was removed meanwhile.
        if (latest) put(touched(replaced(latest, ended)), [ended]);
      });
    });
  }

  async function write(
    { head, messages }: Conversation,
    growing: Signal<Answer>,
    chosen: string | undefined,
    aborted: AbortSignal,
  ): Promise<Answer> {
    let current = growing.value;
    const tokens = [];
    const started = now();
    let [firstAt, lastAt, keptAt] = [0, 0, started];
    let isDrawing = false;
    const draw = (): void => {
      isDrawing = false;
      growing.value = current;
    };
    try {
      if (chosen === undefined) await reloadModels();
      const said = branchTo({ head, messages }, current.parent)
        .filter(({ text }) => text !== "")
        .map(({ role, text }) => ({ role, content: text }));
      current = { ...current, model: chosen ?? model.value ?? "" };
      for await (const piece of server.answer({ model: current.model, settings: head.settings, messages: said }, aborted)) {
        if (piece.tokens) tokens.push(...piece.tokens);
        current = {
          ...current,
          text: current.text + (piece.text ?? ""),
          ...(piece.thoughts && { thoughts: (current.thoughts ?? "") + piece.thoughts }),
          ...(tokens.length > 0 && { tokens }),
          ...(piece.counts && { counts: piece.counts }),
          ...(piece.finish && { finish: piece.finish }),
          ...(piece.leftOut && { leftOut: piece.leftOut }),
        };
        if (piece.text || piece.thoughts || piece.tokens) {
          lastAt = now();
          firstAt ||= lastAt;
          current = { ...current, time: { first: firstAt - started, rest: lastAt - firstAt } };
        }
        if (!isDrawing) {
          isDrawing = true;
          nextFrame(draw);
        }
        const latest = opened.value.get(head.id);
        if (latest && now() - keptAt > KEEP_EVERY_MS) {
          keptAt = now();
          keep(latest.head, [current]);
        }
      }
      return { ...current, state: "done" };
    } catch (error) {
      return aborted.aborted ? { ...current, state: "stopped" } : { ...current, state: "failed", problem: failed(error) };
    }
  }

  async function reloadModels(): Promise<void> {
    models.value = await server.models();
    modelsProblem.value = undefined;
    keyWanted.value = false;
    if (models.value.length === 0) modelsProblem.value = { text: "The server has no model." };
  }

  const current = (): Conversation => {
    const conversation = open.peek();
    if (!conversation) throw new Error("no conversation is open");
    return conversation;
  };

  return {
    ...{ heads, open, settings, writing, models, modelsProblem, model, keyWanted, notice },

    async loadModels() {
      try {
        await reloadModels();
      } catch (error) {
        modelsProblem.value = failed(error);
      }
    },

    async show(id) {
      const own = { id };
      wish = own;
      const conversation = id === undefined ? undefined : await load(id);
      if (wish !== own) return;
      batch(() => {
        if (conversation) opened.value = new Map(opened.value).set(conversation.head.id, conversation);
        openId.value = conversation?.head.id;
      });
    },

    set(change) {
      const next = { ...settings.peek(), ...change };
      const conversation = open.peek();
      if (conversation) put({ ...conversation, head: { ...conversation.head, settings: next } }, []);
      draft.value = next;
      parts.settingsChanged?.(next);
    },

    send(text) {
      if (text.trim() === "" || writing.peek()) return;
      const conversation = open.peek() ?? newConversation(newId(), titleOf(text), settings.peek(), now());
      const question = newId();
      const asked = added(conversation, { role: "user", text, id: question, parent: conversation.head.leaf });
      wish = conversation.head;
      batch(() => {
        openId.value = conversation.head.id;
        answer(asked, question);
      });
    },

    stop() {
      const id = openId.peek();
      if (id !== undefined) writings.peek().get(id)?.abort.abort();
    },

    regenerate(id) {
      if (writing.peek()) return;
      answer(current(), messageOf(current(), id).parent!);
    },

    edit(id, text) {
      if (text.trim() === "" || writing.peek()) return;
      const question = newId();
      answer(added(current(), { role: "user", text, id: question, parent: messageOf(current(), id).parent }), question);
    },

    turnTo(id) {
      put(turnedTo(current(), id), []);
    },

    async rename(id, title) {
      const conversation = await load(id);
      const name = title.trim();
      if (!conversation || name === "") return;
      const renamed = { ...conversation, head: { ...conversation.head, title: name } };
      put(renamed, []);
    },

    async remove(id) {
      forget(id);
      await store.remove(id);
      parts.kept?.(id);
    },

    async exportText(id) {
      const ids = id === undefined ? heads.value.map((head) => head.id) : [id];
      const found = await Promise.all(ids.map(load));
      return exported(found.filter((conversation) => conversation !== undefined));
    },

    async importText(text) {
      const conversations = imported(text, newId);
      for (const { head, messages } of conversations) await store.keep(head, messages, true);
      await readHeads();
      return conversations.length;
    },

    async refresh(id) {
      await readHeads();
      for (let own = opened.value.get(id); own; own = opened.value.get(id)) {
        const kept = await store.conversation(id);
        // What changed here meanwhile may not be in it.
        if (opened.value.get(id) !== own) continue;
        if (!kept) return forget(id);
        opened.value = new Map(opened.value).set(id, merged(own, kept));
        return;
      }
    },
  };
}
