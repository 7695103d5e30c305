import { hash } from 'node:crypto'
import type { Brand } from './brand.ts'

/** SHA-256, 64 lowercase hexadecimal digits. */
export type Digest = Brand<string, 'Digest'>

export const sha256 = (bytes: Uint8Array | string): Digest => hash('sha256', bytes, 'hex') as Digest

/** SHA-256 in unpadded base64url, as `jkt`, `ath` and `x5t#S256` carry it. */
export const sha256Base64url = (bytes: Uint8Array | string): string => hash('sha256', bytes, 'base64url')
