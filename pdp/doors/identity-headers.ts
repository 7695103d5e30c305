import type { Allow } from '../core/decision.ts'

/** What a service behind a proxy is told of a caller. The proxy sets each of them or removes it: none is the client's. */
export const identityHeaders = [
  'x-sallyport-subject',
  'x-sallyport-issuer',
  'x-sallyport-methods',
  'x-sallyport-assurance',
  'x-sallyport-decision-id',
] as const

type IdentityHeader = (typeof identityHeaders)[number]

/** The identity headers of an allow. Those of an anonymous caller are absent, and so removed. */
export function identityHeadersOf(decision: Allow): Readonly<Partial<Record<IdentityHeader, string>>> {
  const { subject } = decision.caller
  return {
    ...(subject && {
      'x-sallyport-subject': fieldValue(subject.id),
      'x-sallyport-issuer': fieldValue(subject.issuer),
      'x-sallyport-methods': subject.methods.join(','),
      'x-sallyport-assurance': String(subject.assurance.level),
    }),
    'x-sallyport-decision-id': decision.id,
  }
}

/** RFC 9110 §5.5: visible ASCII. Anything else is percent-encoded, so that no value can end its line or be another. */
const fieldValue = (text: string): string =>
  text.replace(/[^\x21-\x7e]/gu, (character) => encodeURIComponent(character))
