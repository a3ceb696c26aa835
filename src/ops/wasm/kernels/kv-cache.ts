// The key/value cache: pages of P tokens, in a page one piece for each key/value head. A piece of keys is [D][P], so that four keys of one channel lie
// side by side and scores need no sums across lanes; a piece of values is [P][D]. Stored as f32, as f16, or as q8_0: bytes behind which a scale stands
// for every 32 channels of a token.
import { half, halves, toHalf } from "./floats";
import { address, endOf, firstOf, int } from "./team";

export const F32 = 0;
export const F16 = 1;
export const Q8_0 = 2;

/** Bytes of one head's keys (or values) of a page. */
export function pieceBytes(type: i32, D: i32, P: i32): usize {
  const values = <usize>D * P;
  if (type === F32) return values << 2;
  if (type === F16) return values << 1;
  return values + ((<usize>groups(D) * P) << 2);
}

/** Runs of channels that share a scale. */
function groups(D: i32): i32 {
  return (D + 31) >> 5;
}

/** x f32 [T, K * D] of keys, of values, slots int32 [T], cache of keys, of values, T, K, D, P, type */
export function storeKv(a: usize): void {
  const slots = address(a, 2);
  const K = int(a, 6);
  const D = int(a, 7);
  const P = int(a, 8);
  const type = int(a, 9);
  const bytes = pieceBytes(type, D, P);
  const T = int(a, 5);
  const end = endOf(T * K);
  for (let i = firstOf(T * K); i < end; i++) {
    const slot = load<i32>(slots + ((<usize>(i / K)) << 2));
    const piece = <usize>((slot / P) * K + (i % K)) * bytes;
    const row = (<usize>i * D) << 2;
    const place = slot % P;
    put(address(a, 0) + row, address(a, 3) + piece, type, D, P, place, 1, P);
    put(address(a, 1) + row, address(a, 4) + piece, type, D, P, place * D, 0, 1);
  }
}

/** Channel c of token `place` goes to offset + c * step; q8_0 scales of keys lie [groups][P], those of values [P][groups]. */
function put(x: usize, piece: usize, type: i32, D: i32, P: i32, at: i32, areKeys: i32, step: i32): void {
  if (type === F32) {
    for (let c = 0; c < D; c++) store<f32>(piece + ((<usize>(at + c * step)) << 2), load<f32>(x + ((<usize>c) << 2)));
    return;
  }
  if (type === F16) {
    for (let c = 0; c < D; c++) store<u16>(piece + ((<usize>(at + c * step)) << 1), toHalf(load<f32>(x + ((<usize>c) << 2))));
    return;
  }
  const scales = piece + <usize>D * P;
  for (let g = 0; g < groups(D); g++) {
    const end = min(D, (g + 1) << 5);
    let largest: f32 = 0;
    for (let c = g << 5; c < end; c++) largest = max(largest, Mathf.abs(load<f32>(x + ((<usize>c) << 2))));
    const inverse: f32 = largest < 1e-36 ? 0 : 127 / largest;
    for (let c = g << 5; c < end; c++) {
      store<i8>(piece + <usize>(at + c * step), <i8>nearest(load<f32>(x + ((<usize>c) << 2)) * inverse));
    }
    const scale = areKeys ? g * P + at : (at / D) * groups(D) + g;
    store<f32>(scales + ((<usize>scale) << 2), largest / 127);
  }
}

/** A piece of keys as f32 [D][P]. */
export function widenKeys(piece: usize, out: usize, type: i32, D: i32, P: i32): void {
  if (type === F16) {
    widenHalves(piece, out, D * P);
    return;
  }
  const scales = piece + <usize>D * P;
  for (let c = 0; c < D; c++) {
    for (let i = 0; i < P; i += 4, piece += 4, out += 16) {
      v128.store(out, f32x4.mul(fourBytes(piece), v128.load(scales + ((<usize>((c >> 5) * P + i)) << 2))));
    }
  }
}

/** A piece of values as f32 [P][D]. */
export function widenValues(piece: usize, out: usize, type: i32, D: i32, P: i32): void {
  if (type === F16) {
    widenHalves(piece, out, D * P);
    return;
  }
  const scales = piece + <usize>D * P;
  for (let i = 0; i < P; i++) {
    for (let g = 0; g < groups(D); g++) {
      const scale = load<f32>(scales + ((<usize>(i * groups(D) + g)) << 2));
      let c = g << 5;
      const end = min(D, c + 32);
      for (; c + 4 <= end; c += 4, piece += 4, out += 16) v128.store(out, f32x4.mul(fourBytes(piece), f32x4.splat(scale)));
      for (; c < end; c++, piece++, out += 4) store<f32>(out, <f32>load<i8>(piece) * scale);
    }
  }
}

function fourBytes(at: usize): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(at))));
}

function widenHalves(from: usize, out: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4, from += 8, out += 16) v128.store(out, halves(from));
  for (; i < n; i++, from += 2, out += 4) store<f32>(out, half(from));
}

/** cache of keys or values of one layer, page to copy, page that it becomes, bytes of a page */
export function copyPage(a: usize): void {
  const bytes = address(a, 3);
  const pieces = <i32>(bytes >> 4); // of 16 bytes
  const from = (<usize>firstOf(pieces)) << 4;
  const size = ((<usize>endOf(pieces)) << 4) - from;
  memory.copy(address(a, 0) + bytes * address(a, 2) + from, address(a, 0) + bytes * address(a, 1) + from, size);
}
