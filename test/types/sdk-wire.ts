// Compiled by `npm run check`, never run: the SDK's types of the wire are those of the server's schemas, member by member.
import type { z } from 'zod'
import type { authorizeRequestSchema } from '../../pdp/doors/authorize/read-request.ts'
import type { authorizeReplySchema } from '../../pdp/doors/authorize/reply-schema.ts'
import type { Ask, Reply } from '../../sdk/wire.ts'

/** A type without its names: read-only throughout, and no member that is there but undefined. */
type Shape<T> = T extends object ? { readonly [Name in keyof T]: Shape<Exclude<T[Name], undefined>> } : T
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

export const ask: Same<Shape<Ask>, Shape<z.input<typeof authorizeRequestSchema>>> = true
export const reply: Same<Shape<Reply>, Shape<z.output<typeof authorizeReplySchema>>> = true

// the comparison finds a member that is missing, and one that may be missing
// @ts-expect-error: the server's has `context`
export const withoutContext: Same<Shape<Omit<Ask, 'context'>>, Shape<z.input<typeof authorizeRequestSchema>>> = true
// @ts-expect-error: the server's always has `id`
export const idMayBeMissing: Same<Shape<Omit<Reply, 'id'> & Partial<Pick<Reply, 'id'>>>, Shape<Reply>> = true
