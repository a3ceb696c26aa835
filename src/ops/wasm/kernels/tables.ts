// Values of the nibbles of formats that look them up, moved up until none is negative: value = table[nibble] - zero.

const iq4: usize = memory.data<u8>([0, 23, 44, 62, 78, 92, 105, 117, 128, 140, 152, 165, 180, 196, 216, 240]); // zero 127
const fp4Doubled: usize = memory.data<u8>([12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0]); // zero 12

/** The table of a weight, told by its zero. */
export function tableOf(zero: i32): usize {
  return zero === 127 ? iq4 : fp4Doubled;
}
