// llama.cpp compiled to WebAssembly: wllama, in a browser's Worker. Its own clocks are taken, which leave out what its JavaScript costs. It wants text
// where others take ids: digits, which are a token each in SmolLM2's vocabulary and in synthetic ones.
export async function open({ model, threads, contextLength }) {
  const { Wllama } = await import("/wllama/esm/index.js");
  const wllama = new Wllama({ default: "/wllama/esm/wasm/wllama.wasm" }, { suppressNativeLog: true });
  await wllama.loadModel([model], { n_ctx: contextLength, n_batch: 512, n_threads: threads, n_gpu_layers: 0 });
  if (wllama.getNumThreads() !== threads) throw new Error(`wllama has ${wllama.getNumThreads()} threads instead of ${threads}`);

  /** Answers so many digits, after the tokens that it puts before every text. */
  async function answer(digits, tokens) {
    const options = { max_tokens: tokens, temperature: 0, ignore_eos: true, cache_prompt: false, timings_per_token: true };
    const prompt = Array.from({ length: digits }, (_, i) => i % 10).join("");
    return (await wllama.createCompletion({ prompt, ...options })).timings;
  }
  const added = (await answer(10, 1)).prompt_n - 10;

  return {
    async run([prompt], decoded) {
      const { prompt_n, prompt_ms, predicted_n, predicted_ms } = await answer(prompt.length - added, decoded + 1);
      if (prompt_n !== prompt.length || predicted_n !== decoded + 1) {
        throw new Error(`wllama ran ${prompt_n} + ${predicted_n} tokens instead of ${prompt.length} + ${decoded + 1}`);
      }
      return { prefill: prompt_ms / 1000, decode: predicted_ms / 1000 };
    },
  };
}
