// How wide Llama's feed-forward network is: the rule of Meta's reference code, with the multiples and multipliers of its params.json (in presets/).

/**
 * Two thirds of 4 dim, since SwiGLU has three matrices where GELU had two; times the multiplier; up to the next multiple.
 *
 * @param multiplier gives back what grouped heads save (1.3 for Llama 2 70B and Llama 3 8B)
 */
export function ffnWidth(dim: number, multipleOf: number, multiplier = 1): number {
  const width = Math.floor(multiplier * Math.floor((2 * 4 * dim) / 3));
  return multipleOf * Math.ceil(width / multipleOf);
}
