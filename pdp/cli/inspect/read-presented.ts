import { type EvidenceHeader, evidenceHeaders } from '../../core/evidence-headers.ts'
import type { Evidence } from '../../core/ask.ts'

/** Where a bare token is put; without being told, as `Authorization: Bearer`. */
export const presentedAs = ['bearer', 'dpop', 'api-key', 'basic'] as const
export type PresentedAs = (typeof presentedAs)[number]

export type ReadPresented =
  | { readonly ok: true; readonly evidence: Evidence }
  | { readonly ok: false; readonly message: string }

const beginOfCertificate = '-----BEGIN CERTIFICATE-----'

/**
 * Reads what is to be inspected: certificates in PEM, one bare token, key or proof, or headers as a request has them,
 * one to a line, after which certificates may follow. Nothing of it is ever told.
 */
export function readPresented(text: string, as: PresentedAs = 'bearer'): ReadPresented {
  const at = text.indexOf(beginOfCertificate)
  const [before, certificate] = at < 0 ? [text.trim(), undefined] : [text.slice(0, at).trim(), text.slice(at)]
  const read = before === '' ? { headers: new Map(), covered: new Map() } : readHeaders(before, as)
  if (typeof read === 'string') return { ok: false, message: read }
  const { headers, covered } = read
  if (headers.size === 0 && certificate === undefined) return { ok: false, message: 'there is nothing to inspect' }
  return {
    ok: true,
    evidence: {
      headers,
      credentials: [],
      ...(covered.size > 0 && { covered }),
      ...(certificate !== undefined && { certificate }),
    },
  }
}

type Headers = ReadonlyMap<string, readonly string[]>

/** Headers that a signature of AWS is over. */
const signedHeader = /^(?:x-amz-.+|content-type)$/

function readHeaders(text: string, as: PresentedAs): { readonly headers: Headers; readonly covered: Headers } | string {
  if (!/\s/.test(text)) return { headers: new Map([placeOf(text, as)]), covered: new Map() }
  const headers = new Map<string, readonly string[]>()
  const covered = new Map<string, readonly string[]>()
  for (const line of text.split(/\r?\n/)) {
    const [, name = '', value = ''] = /^([A-Za-z0-9-]+):[ \t]*(.+?)[ \t]*$/.exec(line) ?? []
    const lower = name.toLowerCase()
    const into = signedHeader.test(lower) ? covered : headers
    if (into === headers && !isEvidenceHeader(lower)) {
      return `is neither one token nor certificates nor lines of headers that hold evidence: ${evidenceHeaders.join(', ')}`
    }
    into.set(lower, [...(into.get(lower) ?? []), value])
  }
  return { headers, covered }
}

const isEvidenceHeader = (name: string): name is EvidenceHeader => (evidenceHeaders as readonly string[]).includes(name)

function placeOf(text: string, as: PresentedAs): [EvidenceHeader, readonly string[]] {
  if (as === 'api-key') return ['x-api-key', [text]]
  const place = as === 'bearer' ? placeOfType.get(typeOf(text)) : undefined
  if (place) return [place, [text]]
  return ['authorization', [`${schemes[as]} ${text}`]]
}

const schemes = { bearer: 'Bearer', dpop: 'DPoP', basic: 'Basic' } as const

/** Where tokens of a type belong that are no bearer tokens. */
const placeOfType: ReadonlyMap<unknown, EvidenceHeader> = new Map([
  ['dpop+jwt', 'dpop'],
  ['wit+jwt', 'workload-identity-token'],
  ['wpt+jwt', 'workload-proof-token'],
])

/** What a token says of itself that it is: decides where it is put, nothing more. */
function typeOf(text: string): unknown {
  try {
    const header: unknown = JSON.parse(Buffer.from(text.split('.', 1)[0] ?? '', 'base64url').toString())
    return typeof header === 'object' && header !== null && 'typ' in header ? header.typ : undefined
  } catch {
    return undefined
  }
}
