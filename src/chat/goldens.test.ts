// Chat templates of published models, and the language they are written in, against what transformers and jinja2 render.
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { goldenPath, readGolden } from "../../test/goldens.ts";
import { type ChatMessage, renderChatTemplate, TemplateRefusal } from "./index.ts";

interface Case {
  readonly name?: string;
  readonly expected?: string;
  readonly error?: string;
  readonly error_kind?: "raise_exception" | "runtime" | "syntax";
}
interface TemplateCase extends Case {
  readonly messages: ChatMessage[];
  readonly tools: unknown[] | null;
  readonly add_generation_prompt: boolean;
  readonly extra?: Record<string, unknown>;
}
interface LanguageCase extends Case {
  readonly template: string;
  readonly context: Record<string, unknown>;
}

const folder = goldenPath("templates");
const languageFile = "jinja-language.json";
const templateFiles = folder ? readdirSync(folder).filter((name) => name.endsWith(".json") && name !== languageFile) : [];

/** Why a case fails; undefined where it passes. */
async function failure(golden: Case, rendering: Promise<string>): Promise<string | undefined> {
  const outcome = await rendering.then(
    (text) => ({ text }),
    (error: Error) => ({ error }),
  );
  if ("text" in outcome) return outcome.text === golden.expected ? undefined : `rendered ${JSON.stringify(outcome.text)}`;
  if (golden.error_kind === undefined) return `threw ${outcome.error.message}`;
  if (golden.error_kind !== "raise_exception") return undefined;
  return outcome.error instanceof TemplateRefusal && outcome.error.message === golden.error
    ? undefined
    : `refused with "${outcome.error.message}"`;
}

/** Every case that does not come out as in jinja2, with its cause. The tests fail for one that is missing here, and for one too many. */
const known: Record<string, string> = {};

async function failures(file: string, cases: readonly Case[], rendering: (golden: Case) => Promise<string>): Promise<string[]> {
  const failed: string[] = [];
  for (const [i, golden] of cases.entries()) {
    const name = `${file} ${i}`;
    const reason = await failure(golden, rendering(golden));
    if ((reason === undefined) === name in known)
      failed.push(`${name} ${golden.name ?? ""}: ${reason ?? "passes, but is listed as failing"}`);
  }
  return failed;
}

describe.skipIf(!folder || templateFiles.length === 0)("published chat templates", () => {
  it.each(templateFiles)("%s renders every conversation as transformers does", async (file) => {
    const golden = readGolden(`templates/${file}`);
    const render = (c: Case): Promise<string> => {
      const { messages, tools, add_generation_prompt, extra } = c as TemplateCase;
      return renderChatTemplate(golden.template, {
        messages,
        tools,
        addGenerationPrompt: add_generation_prompt,
        bosToken: golden.bos_token,
        eosToken: golden.eos_token,
        now: new Date(golden.now),
        variables: extra,
      });
    };
    expect(await failures(file, golden.cases, render)).toEqual([]);
  });
});

describe.skipIf(!goldenPath(`templates/${languageFile}`))("the template language", () => {
  it("gives what jinja2 gives, snippet by snippet", async () => {
    const golden = readGolden(`templates/${languageFile}`);
    const render = (c: Case): Promise<string> => {
      const { template, context } = c as LanguageCase;
      return renderChatTemplate(template, { messages: [], now: new Date(golden.now), variables: context });
    };
    expect(await failures(languageFile, golden.cases, render)).toEqual([]);
  });
});
