import type { Instant } from '../../../pdp/core/time.ts'
import { bearer, svid } from '../../support/world.ts'
import { type Attack, family, type Presented } from '../attack.ts'

// Attacks on where evidence stands: two values where one belongs, places that nobody reads.

const good = (now: Instant): Presented => ({ headers: bearer(svid({ now })) })
const beside =
  (headers: Presented['headers']) =>
  (now: Instant): Presented => ({ headers: { ...bearer(svid({ now })), ...headers } })

export const evidenceAttacks: readonly Attack[] = family(
  good,
  { because: 'finding the token in a request is left to whoever asks them' },
  [
    [
      'authorization-twice',
      'two Authorization headers',
      'RFC 9110 §11.6.2',
      (now) => ({ headers: { authorization: [`Bearer ${svid({ now })}`, 'Bearer another'] } }),
      'CREDENTIAL_AMBIGUOUS',
      'rfc9110-11.6.2-one-authorization',
    ],
    [
      'authorization-joined',
      'two Authorization headers that a proxy joined',
      'RFC 9110 §5.2',
      (now) => ({ headers: { authorization: `Bearer ${svid({ now })}, Bearer another` } }),
      'CREDENTIAL_AMBIGUOUS',
      'rfc9110-11.6.2-one-authorization',
    ],
    [
      'evidence-in-two-places',
      'a token in a header and one in the body',
      'RFC 6750 §2',
      (now) => ({ ...good(now), credentials: [{ type: 'bearer', token: svid({ now }) }] }),
      'REQUEST_MALFORMED',
      'authorize-evidence-in-one-place',
    ],
    [
      'header-two-spellings',
      'a header in two spellings',
      'RFC 9110 §5.1',
      (now) => ({ headers: { authorization: `Bearer ${svid({ now })}`, Authorization: 'Bearer another' } }),
      'CREDENTIAL_AMBIGUOUS',
      'rfc9110-11.6.2-one-authorization',
    ],
    [
      'client-cert-spoofed',
      'Client-Cert from the caller',
      'RFC 9440 §4',
      beside({ 'client-cert': ':AA==:' }),
      'VOUCH_REFUSED',
      'hop-rule-forwarded-certificate',
    ],
    [
      'xfcc-spoofed',
      'X-Forwarded-Client-Cert from the caller',
      'Envoy issue 6038',
      beside({ 'x-forwarded-client-cert': 'By=spiffe://prod.example/a;Hash=00' }),
      'VOUCH_REFUSED',
      'hop-rule-forwarded-certificate',
    ],
    [
      'proof-beside-bearer',
      'a proof beside a token that is bound to nothing',
      'RFC 9449 §7.1',
      beside({ dpop: svid() }),
      'PROOF_INVALID',
      'rfc9449-7.1-proof-without-bound-token',
    ],
    [
      'no-evidence',
      'no credential at all',
      'RFC 6750 §3.1',
      () => ({ headers: {} }),
      'CREDENTIAL_MISSING',
      'identity-required',
    ],
  ],
)
