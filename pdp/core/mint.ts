declare const minted: unique symbol

/** A value made by one maker. The brand stops a hand-built one at compile time, {@link Mint.made} at run time. */
export type Minted<T, Name extends string> = T & { readonly [minted]: Name }

export interface Mint<T extends object, Name extends string> {
  /** Freezes and registers the value. */
  readonly make: (value: T) => Minted<T, Name>
  /** Whether this very object came from `make`: a copy, a look-alike or another mint's value did not. */
  readonly made: (value: unknown) => value is Minted<T, Name>
}

export function createMint<T extends object, Name extends string>(): Mint<T, Name> {
  const known = new WeakSet()
  return {
    make(value) {
      known.add(Object.freeze(value))
      return value as Minted<T, Name> // the brand exists in types only; `known` is its run-time half
    },
    made: (value): value is Minted<T, Name> => typeof value === 'object' && value !== null && known.has(value),
  }
}
