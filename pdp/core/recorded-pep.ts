import type { Pep, PepAuthentication } from './service.ts'

/**
 * How an enforcement point showed who it is, as records tell: `id` is its SPIFFE ID, the SHA-256 of its certificate or of
 * the key that it presented, or its listener; `address` is where its connection came from, which proves nothing.
 */
export interface RecordedPepAuthentication {
  readonly kind: PepAuthentication['kind']
  readonly id?: string
  readonly address?: string
}

/** Of an enforcement point that was admitted: of its keys, `digests` then has the one that it presented. */
export function recordedPepAuthentication({ authentication, address }: Pep): RecordedPepAuthentication {
  const { kind } = authentication
  const id = idOf(authentication)
  return { kind, ...(id !== undefined && { id }), ...(address !== undefined && { address }) }
}

function idOf(authentication: PepAuthentication): string | undefined {
  switch (authentication.kind) {
    case 'bearer':
      return authentication.digests.length === 1 ? authentication.digests[0] : undefined
    case 'certificate':
      return authentication.sha256
    case 'spiffe':
      return authentication.id
    case 'socket':
      return authentication.listener
    case 'embedded':
    case 'none':
      return undefined
  }
}
