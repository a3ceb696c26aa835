// WebAssembly modules of a few instructions, put together by hand: the loops that measure the machine.
// Source: the binary format of the WebAssembly specification and of its relaxed SIMD extension.

/** A function of i32 parameters that returns an i32; its locals after the parameters are vectors. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: number;
  readonly vectors: number;
  readonly body: readonly number[];
}

/** Opcodes, with the few operands that are used. Numbers above 127 are LEB128. */
export const op = {
  get: (local: number): number[] => [0x20, local],
  set: (local: number): number[] => [0x21, local],
  tee: (local: number): number[] => [0x22, local],
  i32: (value: number): number[] => [0x41, ...signed(value)],
  add: [0x6a],
  subtract: [0x6b],
  less: [0x49],
  /** Runs `body` again while it leaves something other than 0. */
  loop: (...body: readonly number[][]): number[] => [0x03, 0x40, ...body.flat(), 0x0d, 0x00, 0x0b],
  /** 16 bytes at the address on the stack plus `offset`. */
  load: (offset: number): number[] => [0xfd, 0x00, 0x04, ...unsigned(offset)],
  splatBytes: [0xfd, 0x0f],
  xor: [0xfd, 0x51],
  addWords: [0xfd, 0xae, 0x01],
  splatWords: [0xfd, 0x11],
  multiplyFloats: [0xfd, 0xe6, 0x01],
  addFloats: [0xfd, 0xe4, 0x01],
  /** f32x4.relaxed_madd: a product and a sum at once. */
  relaxedMadd: [0xfd, 0x85, 0x02],
  firstWord: [0xfd, 0x1b, 0x00],
  /** i32x4.dot_i16x8_s: 8 products. */
  dot16: [0xfd, 0xba, 0x01],
  /** i32x4.relaxed_dot_i8x16_i7x16_add_s: 16 products, added to a third operand. */
  relaxedDot8: [0xfd, 0x93, 0x02],
};

/** Exports the functions and `memory`. @param pages the size of that memory, in units of 64 KiB */
export function moduleOf(functions: readonly WasmFunction[], pages = 0): Uint8Array<ArrayBuffer> {
  const i32 = 0x7f;
  const v128 = 0x7b;
  const code = functions.map(({ vectors, body }) => sized([...vector([[...unsigned(vectors), v128]]), ...body, 0x0b]));
  const name = (text: string): number[] => sized([...new TextEncoder().encode(text)]);
  const exports = [[...name("memory"), 0x02, 0x00], ...functions.map((f, i) => [...name(f.name), 0x00, i])];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // "\0asm", version 1
    ...section(1, vector(functions.map(({ parameters }) => [0x60, ...vector(new Array(parameters).fill([i32])), 0x01, i32]))),
    ...section(3, vector(functions.map((_, i) => [i]))), // function i is of type i
    ...section(5, vector([[0x00, ...unsigned(pages)]])), // one memory, of which no maximum is told
    ...section(7, vector(exports)),
    ...section(10, vector(code)),
  ]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...sized(content)];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function sized(bytes: readonly number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  return value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)];
}
