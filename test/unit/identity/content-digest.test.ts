import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { checkContentDigest } from '../../../pdp/identity/proofs/content-digest.ts'
import { createAsk, orders } from '../../support/world.ts'

// The body of the examples of RFC 9530 and its digests as they are printed there (appendices B and D).
const body = '{"hello": "world"}\n'
const sha256 = 'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:'
const sha512 = 'sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:'

const check = (said: string, bodyDigest: string) => {
  const { request } = createAsk({ bodyDigest })
  const headerValues = (name: string) => (name === 'content-digest' ? [said] : [])
  return checkContentDigest({ service: orders, headerValues, ...(request && { request }) }, 'compare')
}

describe('the digests of RFC 9530', () => {
  test.each([
    ['sha-256', sha256],
    ['sha-512', sha512],
  ])('%s is that of the body', (algorithm, printed) => {
    const digest = createHash(algorithm.replace('-', '')).update(body).digest('base64')
    expect(printed).toBe(`${algorithm}=:${digest}:`)
  })

  test.each([
    ['one', sha256, sha256],
    ['the other', sha512, sha512],
    ['both, of which the enforcement point computed one', `${sha256}, ${sha512}`, sha512],
    ['one beside a deprecated one, which is not looked at', `md5=:AAAAAAAAAAAAAAAAAAAAAA==:, ${sha256}`, sha256],
  ])('accepted: %s', (_name, said, received) => {
    expect(check(said, received)).toBeUndefined()
  })

  const ofCompact = `sha-256=:${createHash('sha256').update(body.trimEnd()).digest('base64')}:`
  test.each([
    ['of the body without its last line feed', sha256, ofCompact, 'rfc9530-2-content-digest'],
    ['both good, but for one of them', `${ofCompact}, ${sha512}`, `${sha256}, ${sha512}`, 'rfc9530-2-content-digest'],
    ['no algorithm in common', sha256, sha512, 'rfc9530-2-content-digest'],
    ['a deprecated one alone', 'md5=:AAAAAAAAAAAAAAAAAAAAAA==:', sha256, 'rfc9530-2-content-digest-form'],
  ])('refused: %s', (_name, said, received, clause) => {
    expect(check(sha256, sha256), 'the twin').toBeUndefined()
    expect(check(said, received)).toMatchObject({ code: 'PROOF_INVALID', clause })
  })
})
