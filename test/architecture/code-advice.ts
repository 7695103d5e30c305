import type { Code } from '../../pdp/core/codes.ts'

/** What a reader of a code needs beside its row: what usually lies behind it, and what to do. */
interface Advice {
  readonly causes: string
  readonly remedy: string
}

/** One for every code of the table, as the reference page shows it. */
export const codeAdvice: Readonly<Record<Code, Advice>> = {
  ALLOWED: {
    causes: 'Both gates were passed, and the record is written.',
    remedy: 'Perform the obligations, if there are any; reuse it for `reuse_max_age_s` at most.',
  },
  POLICY_DENIED: {
    causes: 'The caller is known, and policy says no. `reasons` are those of policy.',
    remedy:
      '`sallyport explain --log state/audit --decision ID` names the rule, and what would flip it (where `audit.payloads` keeps inputs).',
  },
  POLICY_UNDEFINED: {
    causes: 'No rule of the entrypoint held, or the entrypoint is not the one that was meant.',
    remedy: 'Give the policy a default; look at `services.NAME.entrypoint`.',
  },
  POLICY_ERROR: {
    causes:
      'The policy failed: a conflict of rules, a builtin that failed, a result of another shape. The clause names it.',
    remedy:
      'Ask the recorded question again with `sallyport explain`; go back to the bundle before by signing it under a higher sequence.',
  },
  POLICY_UNAVAILABLE: {
    causes: 'No bundle is active for the service: none was loaded yet, it expired, or what is offered is refused.',
    remedy:
      'Read `/readyz?verbose`; it says what was refused and why. `sallyport inspect BUNDLE` checks an archive step by step.',
  },

  CREDENTIAL_MISSING: {
    causes: 'The request carried no evidence, or the enforcement point did not pass it on.',
    remedy: 'Send a credential. Look whether the proxy forwards `Authorization` and, for certificates, has `vouch`.',
  },
  CREDENTIAL_MALFORMED: {
    causes: 'Evidence cannot be read: lax base64url, members twice, a key in a header, a checksum that does not match.',
    remedy: '`sallyport inspect` shows at which check. Never repair it on the way.',
  },
  CREDENTIAL_AMBIGUOUS: {
    causes: 'Two values where one is allowed: two `Authorization` headers, a form beside Basic.',
    remedy: 'Send one. Look for a proxy that adds its own.',
  },
  CREDENTIAL_UNSUPPORTED: {
    causes:
      'No configured verifier takes this kind: an unknown type of token, a method that `registry.methods` does not name.',
    remedy: 'Configure the kind ([identity](../identity)), or use another.',
  },
  CREDENTIAL_REFUSED: {
    causes:
      'It was read, and a rule of its kind refuses it: a required claim is absent, a lifetime is too long, a pin does not match, a secret is wrong.',
    remedy: 'The clause says which rule; `sallyport inspect` shows expected against got.',
  },
  CREDENTIAL_CONFLICT: {
    causes: 'Two credentials of one request are of different subjects, or say different things of one fact.',
    remedy: 'Bind them (`cnf`), link the two names (`links`), or send one.',
  },
  ISSUER_UNKNOWN: {
    causes: 'The issuer or trust domain is not in `trust`, or is spelt otherwise (a slash at the end).',
    remedy: 'Compare `iss` with `trust[].issuer`, byte by byte.',
  },
  KEY_UNKNOWN: {
    causes:
      'The issuer is known and has no such key: it rotated a moment ago, or the token was signed by somebody else.',
    remedy: 'One refetch a minute is made by itself. Then look at the key set of the issuer and at the `kid`.',
  },
  SIGNATURE_INVALID: {
    causes: 'The bytes are not what the key signed.',
    remedy: 'Look for what alters the token on its way. Repeated from one caller: forgery.',
  },
  EXPIRED: {
    causes: 'Its end has come, with `limits.clock_skew_s` allowed for.',
    remedy: 'The caller gets a new one. In many callers at once: a clock is wrong.',
  },
  NOT_YET_VALID: {
    causes: '`nbf`, `iat` or `notBefore` lie ahead by more than the skew that is allowed.',
    remedy: 'Set the clocks: ours or the one of the issuer.',
  },
  AUDIENCE_REFUSED: {
    causes: 'It was issued for another service, or signed for another scope.',
    remedy: 'Ask the issuer for a token of this audience. Do not add foreign audiences to the service.',
  },
  CERTIFICATE_REFUSED: {
    causes:
      'No path to an authority of its own trust domain, an intermediate that was not sent, a name or use that is not allowed.',
    remedy: 'The clause names the rule of RFC 5280. Behind Envoy give `trust[].intermediates`.',
  },
  VOUCH_REFUSED: {
    causes:
      'An enforcement point sent a certificate, or a header that forwards one, without the right to vouch for it.',
    remedy: 'Grant `peps.NAME.vouch`, if it ends TLS itself; else find out who set that header.',
  },
  PROOF_REQUIRED: {
    causes: 'The token is bound to a key, and the proof for this request is absent: a stolen token looks like this.',
    remedy:
      'The caller sends a DPoP proof, its certificate or a signature. Without a client that forgot it: revoke the token.',
  },
  PROOF_INVALID: {
    causes:
      'The proof is for another method, URL, token or key, or is too old. Often the external origin is not the one configured.',
    remedy: 'Compare `htu` with `services.NAME.origins`; look at both clocks.',
  },
  PROOF_NONCE_REQUIRED: {
    causes: '`dpop_nonce: required`, and the proof has none or an old one.',
    remedy: 'The client asks again with the nonce of `DPoP-Nonce`; the enforcement point must pass that header on.',
  },
  REPLAYED: {
    causes: 'A proof, or a credential that is good once, was presented before. A proxy that retries makes this too.',
    remedy: 'A new proof for each attempt. From another address: somebody copies requests.',
  },
  REVOKED: {
    causes: 'Subject, token, key, certificate or fact is revoked, or the client is disabled.',
    remedy: '`sallyport revocations` says by whom and why.',
  },
  ATTESTATION_STALE: {
    causes:
      'The credential was issued longer ago than `max_attestation_age_s`, or an attested document has no fresh nonce.',
    remedy: 'The caller gets a new one; a nonce is in `Attestation-Nonce`.',
  },
  ASSURANCE_REQUIRED: {
    causes: 'The level of assurance is below what the service, the route or policy asks for.',
    remedy: 'The caller uses a stronger method; `sallyport inspect` says how to raise the level.',
  },

  SUBJECT_RATE_LIMITED: {
    causes: 'This caller is over `limits.rate.subject`, or over the rate of its registered credential.',
    remedy: 'It waits as long as `Retry-After` says.',
  },
  PATH_AMBIGUOUS: {
    causes: 'The path has `//`, `..`, `%2F`, `;` or such, which two servers may read differently.',
    remedy: 'Let the proxy normalise or refuse it first, as [deploy/envoy](../../deploy/envoy/envoy.yaml) does.',
  },
  INPUT_LIMIT: {
    causes: 'The input of policy is too deep, too large or has too many members.',
    remedy: 'Send less context; questions may be several (`checks`).',
  },
  OBLIGATION_UNSUPPORTED: {
    causes: 'Policy allows with an obligation whose type the service does not list.',
    remedy: 'Perform it and add it to `services.NAME.obligations`, or take it out of the policy.',
  },

  TRUST_UNAVAILABLE: {
    causes:
      'Keys of the issuer were never had or are too old; STS, an introspection endpoint or an API server does not answer; a list of revoked certificates has ended.',
    remedy: '`/readyz?verbose` names the source, its age and the last fault.',
  },
  FIRST_USE_UNAVAILABLE: {
    causes: 'Redis does not answer, so nobody can say whether a proof was used.',
    remedy: 'Mend Redis; callers without proofs go on meanwhile. [What fails, and how](../fleet.md#when-redis-fails).',
  },
  REVOCATION_UNAVAILABLE: {
    causes: 'What is revoked was not confirmed for `revocation.stale_after_s`, or was never read.',
    remedy:
      'Mend Redis. `revocation.stale: allow` is the other choice, with [its price](../revocation.md#how-late-an-allow-may-be).',
  },
  AUDIT_UNAVAILABLE: {
    causes: 'The record of an allow could not be written: a full disk, a failed device.',
    remedy: 'Make room ([disk](../audit.md#room-on-the-disk)); it goes on by itself.',
  },
  OVERLOADED: {
    causes: 'Work that is done by few at a time found no place: slow hashes, isolated evaluations.',
    remedy: 'Wait and ask again; look for who causes it ([limits](../limits.md)).',
  },
  DEADLINE: {
    causes: 'No decision within `limits.deadline_ms`: a busy machine, an issuer that is asked and slow.',
    remedy: 'Look at `sallyport_decision_duration_seconds`; give it more processor or more instances.',
  },
  INTERNAL: {
    causes: 'A fault of ours, caught, and denied.',
    remedy: 'Report it with the id of the decision and the line in the log. Nothing was let in.',
  },

  REQUEST_MALFORMED: {
    causes: 'The body is not what the door takes: JSON that is no I-JSON, unknown members, evidence in two places.',
    remedy:
      '`detail` names the member. The [OpenAPI document](../../pdp/doors/openapi.ts) is at `/openapi.json` of the health listener.',
  },
  PEP_UNAUTHENTICATED: {
    causes: 'The enforcement point showed no key, a wrong one, or a certificate that no entry of `peps` knows.',
    remedy: 'Make a key with `sallyport pep add NAME`. This is about you, not your caller.',
  },
  PEP_REFUSED: {
    causes: 'It is known, and is not in `services.NAME.peps`.',
    remedy: 'Add it there, if it is to ask for that service.',
  },
  SERVICE_UNKNOWN: {
    causes:
      'The service in the path or in `context_extensions` is not configured; or none is named, and there are several.',
    remedy: 'Name one: `/authorize/NAME`.',
  },
  NOT_FOUND: {
    causes: 'No such path on this listener.',
    remedy: 'Decisions, health and administration are [listeners of their own](configuration.md#listen).',
  },
  METHOD_NOT_ALLOWED: { causes: 'The path is known, with another method.', remedy: 'Decisions are asked by POST.' },
  REQUEST_TIMEOUT: {
    causes: 'Head or body did not come within `limits.headers_timeout_ms` and `request_timeout_ms`.',
    remedy: 'Look at the network, or at a client that stalls.',
  },
  BODY_TOO_LARGE: {
    causes: 'The body is over `limits.body_bytes`.',
    remedy: 'Send less; bodies of callers are never sent here.',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    causes: 'Not `application/json`, or with an encoding.',
    remedy: 'Send `Content-Type: application/json`, not compressed.',
  },
  RATE_LIMITED: {
    causes: 'This enforcement point is over `limits.rate.pep`.',
    remedy: 'Wait as long as `Retry-After` says; reuse answers where they may be.',
  },
  SHED: {
    causes: 'All places are taken and the queue is full.',
    remedy: 'Ask again later, as `Retry-After` says; more processor, or more instances.',
  },
}
