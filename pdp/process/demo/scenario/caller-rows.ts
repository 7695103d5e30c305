import { accessToken, type Changes, checkout, jwtSvid } from '../credentials.ts'
import { allowed, ask, bearer, denied } from './ask.ts'
import type { Call, Group, Stage } from './row.ts'

const hour = 3_600

function withSvid({ world, now }: Stage, changes: Changes = {}): Call {
  return ask(bearer(jwtSvid(world.production, checkout, 'orders', now(), changes)))
}

function expired(stage: Stage): Call {
  const then = Math.trunc(stage.now() / 1000) - 2 * hour
  return withSvid(stage, { claims: { iat: then, exp: then + hour } })
}

/** The first gate: credentials. */
export const callerRows: Group = {
  title: 'Who is calling',
  rows: [
    {
      asked: 'a workload, by its JWT-SVID',
      calls: (stage) => [withSvid(stage)],
      expected: allowed('standing_right'),
    },
    {
      asked: 'expired',
      calls: (stage) => [expired(stage)],
      expected: denied('EXPIRED', 'rfc7519-4.1.4-exp'),
    },
    {
      asked: 'wrong audience',
      calls: (stage) => [withSvid(stage, { claims: { aud: ['https://elsewhere.example.org'] } })],
      expected: denied('AUDIENCE_REFUSED', 'rfc7519-4.1.3-aud'),
    },
    {
      asked: 'alg: none',
      calls: (stage) => [withSvid(stage, { header: { alg: 'none' } })],
      expected: denied('CREDENTIAL_MALFORMED', 'rfc8725-3.1-alg-accepted'),
    },
    {
      asked: 'a key that its trust domain does not have',
      calls: (stage) => [withSvid(stage, { header: { kid: 'production-0' } })],
      expected: denied('KEY_UNKNOWN', 'rfc7515-4.1.4-kid-known'),
    },
    {
      asked: "a stranger's signature under a known key id",
      calls: (stage) => [withSvid(stage, { key: stage.world.stranger })],
      expected: denied('SIGNATURE_INVALID', 'rfc7515-5.2-signature'),
    },
    {
      asked: 'an issuer that is not configured',
      calls: ({ world, now }) => [
        ask(
          bearer(accessToken(world, checkout, 'orders', now(), { claims: { iss: 'https://login.elsewhere.example' } })),
        ),
      ],
      expected: denied('ISSUER_UNKNOWN', 'select-issuer'),
    },
    {
      asked: 'a malformed token',
      calls: () => [ask(bearer('eyJhbGciOiJFUzI1NiJ9.eyJzdWIi.c2ln'))],
      expected: denied('CREDENTIAL_MALFORMED', 'json-syntax'),
    },
    {
      asked: 'no credential',
      calls: () => [ask({ accept: 'application/json' })],
      expected: denied('CREDENTIAL_MISSING', 'identity-required'),
    },
    {
      asked: 'two credentials',
      calls: ({ world, now }) => {
        const token = jwtSvid(world.production, checkout, 'orders', now())
        return [ask({ authorization: [`Bearer ${token}`, `Bearer ${token}`] })]
      },
      expected: denied('CREDENTIAL_AMBIGUOUS', 'rfc9110-11.6.2-one-authorization'),
    },
  ],
}
