declare const brand: unique symbol

/** A value that only its own parser or maker can produce: `Brand<string, 'SpiffeId'>` is no plain string. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }
