import { hash } from 'node:crypto'
import type { Brand } from './brand.ts'

/** SHA-256, 64 lowercase hexadecimal digits. */
export type Digest = Brand<string, 'Digest'>

export const sha256 = (bytes: Uint8Array | string): Digest => hash('sha256', bytes, 'hex') as Digest

/** SHA-256 in unpadded base64url, as `jkt`, `ath` and `x5t#S256` carry it. */
export const sha256Base64url = (bytes: Uint8Array | string): string => hash('sha256', bytes, 'base64url')

/** The SHA-256 of a body, in the form of `Content-Digest` (RFC 9530 §2). */
export const contentDigest = (bytes: Uint8Array): string => `sha-256=:${hash('sha256', bytes, 'base64')}:`
