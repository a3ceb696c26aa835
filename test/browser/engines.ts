// Engines in Workers, as tests use them.
import { expect, inject, onTestFinished } from "vitest";
import type { LoadOptions, Piece } from "../../src/index.ts";
import type { RemoteEngine, startEngine as startInApp } from "./app.ts";
import type { JudgedAnswer } from "./provided.ts";

/** @param app which bundle: where its app.js is */
export async function startEngine(app: string = inject("app")): Promise<RemoteEngine> {
  const { startEngine }: { startEngine: typeof startInApp } = await import(/* @vite-ignore */ absolute(app));
  const engine = startEngine();
  onTestFinished(() => engine.terminate());
  return engine;
}

export async function loadInto(engine: RemoteEngine, model: Blob | string, options?: LoadOptions): Promise<void> {
  await collect(engine.ask({ kind: "load", model, options }));
}

export async function dispose(engine: RemoteEngine): Promise<void> {
  await collect(engine.ask({ kind: "dispose" }));
}

/** An answer of the likeliest tokens. */
export function ask(engine: RemoteEngine, prompt: JudgedAnswer["prompt"], maxTokens: number): Promise<Piece[]> {
  return collect(engine.ask({ kind: "answer", prompt, options: { temperature: 0, maxTokens, ignoreEos: true, logprobs: 0 } }));
}

export async function expectAnswers(engine: RemoteEngine, answers: readonly JudgedAnswer[]): Promise<void> {
  for (const { prompt, ids } of answers) {
    const pieces = await ask(engine, prompt, ids.length);
    expect(pieces.map(({ id }) => id)).toEqual(ids);
  }
}

export async function collect(stream: ReadableStream<Piece>): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for await (const piece of stream) pieces.push(piece);
  return pieces;
}

export function absolute(url: string): string {
  return new URL(url, location.href).href;
}

export async function download(url: string): Promise<Blob> {
  return (await fetch(absolute(url))).blob();
}
