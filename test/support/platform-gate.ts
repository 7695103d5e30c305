import type { Frame } from '../../pdp/core/frame.ts'
import type { IssuerJwtSettings } from '../../pdp/identity/verifiers/issuer-jwt.ts'
import { createFirstGate } from './first-gate.ts'
import { type PlatformName, platformVerifier } from './platforms.ts'
import { type AskParts, bearer, createAsk } from './world.ts'

/** A first gate that takes tokens of one platform alone, as bearers. */
export function platformGate(name: PlatformName, changes: Partial<IssuerJwtSettings> = {}) {
  const gate = createFirstGate({ verifiers: [platformVerifier(name, changes)], links: [] })
  return (token: string, more: AskParts = {}, frame?: Frame) =>
    gate(createAsk({ headers: bearer(token), ...more }), frame)
}
