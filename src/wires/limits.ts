// How much one request may ask for, whichever wire it comes by. The size of a body (--max-body) bounds the rest: what takes time or memory in proportion to it
// needs no number here. Lists are counted before anything in them is looked at.

/** Functions that may be called: OpenAI's number. Each takes its place in the prompt, and in the grammar of a call. */
export const MOST_TOOLS = 128;

/** Messages of a conversation, calls in one of them, items of a response, parts of a text. A context of 100,000 tokens holds no more messages than that. */
export const MOST_MESSAGES = 10_000;

/** Stop strings: four times OpenAI's number. Each is looked for at each letter of an answer. */
export const MOST_STOPS = 16;

/** Alternatives to a token that are told: OpenAI's number. They are searched and sent for each token. */
export const MOST_ALTERNATIVES = 20;

/** Answers to one prompt: OpenAI's number. */
export const MOST_ANSWERS = 128;

/** Answers to all prompts of a request: a short body must not keep the model for hours. */
export const MOST_CHOICES = 4096;

/** Texts that become vectors, or are compared: OpenAI's number. Each is a run of the model of its own. */
export const MOST_TEXTS = 2048;

/** Token ids of all lists together: as many as the largest contexts hold. */
export const MOST_IDS = 2 ** 20;
