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
  // A private member stamped onto the value itself: each call of createMint declares its own, which nothing outside can
  // name, copy or forge. A WeakSet would do the same and cost several times as much on the hot path.
  class Stamp extends Given {
    // oxlint-disable-next-line no-unused-private-class-members -- its presence is what is asked, never its value
    readonly #made = true
    static has = (value: object): boolean => #made in value
  }
  return {
    make(value) {
      // the brand exists in types only; the stamp is its run-time half
      return Object.freeze(new Stamp(value)) as unknown as Minted<T, Name>
    },
    made: (value): value is Minted<T, Name> => typeof value === 'object' && value !== null && Stamp.has(value),
  }
}

/** A constructor that answers what it is given, so that a class below stamps that very object. */
const Given = function Given(value: object) {
  return value
} as unknown as new (
  value: object,
) => object
