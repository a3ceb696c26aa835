// All presets by name: the published sizes as data, and tiny ones for experiments and tests.
import type { ModelConfig } from "../config.ts";
import * as gemma from "./gemma.ts";
import * as layerNorm from "./layer-norm.ts";
import * as llama from "./llama-family.ts";
import * as mistralQwen from "./mistral-qwen.ts";
import * as tiny from "./tiny.ts";

/** "llama32_1b", "gpt2_xl", "tiny_llama" ... */
export const presets: Readonly<Record<string, ModelConfig>> = { ...llama, ...mistralQwen, ...gemma, ...layerNorm, ...tiny };
