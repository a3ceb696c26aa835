// SentencePiece has scores and no merges: any two pieces that spell a third one are joined, the highest score first. Files that want a list of
// merges get all of these pairs in that order, not only those that training joined.

import type { ScoredVocabulary } from "../convert/vocabulary.ts";
import { pieceType } from "../sentencepiece/sentencepiece-model.ts";

/** All pairs of pieces that spell a piece, best first; of two ways to one piece the one that training took, then the longer left side. */
export function allMerges({ pieces, types, scores, merges }: ScoredVocabulary): (readonly [left: string, right: string])[] {
  const ids = Array.from(pieces.keys()).filter((id) => types[id] === pieceType.normal);
  const normal = new Set(ids.sort((a, b) => scores[b] - scores[a]).map((id) => pieces[id]));
  const learned = new Map<string, Set<string>>();
  for (const [left, right] of merges) {
    const lefts = learned.get(left + right) ?? new Set();
    learned.set(left + right, lefts.add(left));
  }
  return [...normal].flatMap((piece) => {
    const characters = [...piece];
    const lefts = Array.from(characters.slice(1), (_, i) => characters.slice(0, characters.length - 1 - i).join(""));
    const first = learned.get(piece) ?? new Set<string>();
    return [...new Set([...first, ...lefts])]
      .filter((left) => normal.has(left) && normal.has(piece.slice(left.length)))
      .map((left) => [left, piece.slice(left.length)] as const);
  });
}
