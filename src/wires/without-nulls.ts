// Parameters that were left out: absent and null are the same in every wire.

export type WithoutNulls<O> = { [K in keyof O]?: Exclude<O[K], null> };

export function withoutNulls<O extends object>(options: O): WithoutNulls<O> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== null)) as WithoutNulls<O>;
}
