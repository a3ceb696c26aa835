// Rows to columns.

/**
 * f32 [rows][columns] as [columns][rows].
 *
 * @param rowFrom bytes from one row to the next
 * @param rowTo   bytes from what was a column to the next
 */
export function turn(from: usize, rowFrom: usize, rows: i32, columns: i32, to: usize, rowTo: usize): void {
  const bytes = (<usize>columns) << 2;
  const whole = bytes & ~15;
  let r = 0;
  for (; r + 4 <= rows; r += 4, from += 4 * rowFrom, to += 16) {
    let into = to;
    let at = from;
    for (const last = from + whole; at < last; at += 16, into += 4 * rowTo) turn4(at, rowFrom, into, rowTo);
    for (const last = from + bytes; at < last; at += 4, into += rowTo) {
      for (let i: usize = 0; i < 4; i++) store<f32>(into + (i << 2), load<f32>(at + rowFrom * i));
    }
  }
  for (; r < rows; r++, from += rowFrom, to += 4) {
    let into = to;
    for (let at = from, last = from + bytes; at < last; at += 4, into += rowTo) store<f32>(into, load<f32>(at));
  }
}

/** 4 x 4 values. */
function turn4(from: usize, rowFrom: usize, to: usize, rowTo: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + rowFrom);
  const c = v128.load(from + 2 * rowFrom);
  const d = v128.load(from + 3 * rowFrom);
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const ef = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const gh = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(ab, cd, 0, 2));
  v128.store(to + rowTo, i64x2.shuffle(ab, cd, 1, 3));
  v128.store(to + 2 * rowTo, i64x2.shuffle(ef, gh, 0, 2));
  v128.store(to + 3 * rowTo, i64x2.shuffle(ef, gh, 1, 3));
}
