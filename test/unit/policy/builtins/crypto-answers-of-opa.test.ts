import { createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { DecisionId } from '../../../../pdp/core/frame.ts'
import { instant } from '../../../../pdp/core/time.ts'
import { builtins } from '../../../../pdp/policy/builtins/list.ts'
import { valueText } from '../../../../pdp/policy/builtins/value-text.ts'
import { createEvaluationContext } from '../../../../pdp/policy/evaluation-context.ts'
import { readValue } from '../../../../pdp/policy/read-value.ts'
import type { Value } from '../../../../pdp/policy/value.ts'

interface Vector {
  readonly builtin: string
  readonly now: string
  readonly operands: readonly string[]
  readonly want: string | null
}

const id = '01920000-0000-7000-8000-000000000000' as DecisionId // any will do: only the time matters

function rego(text: string): Value {
  const value = readValue(text)
  if (value === undefined) throw new Error(`no value: ${text}`)
  return value
}

/** What a policy gets at a time in nanoseconds: a throw is undefined too. */
function answer(name: string, now: string, ...operands: readonly Value[]): string | undefined {
  const builtin = builtins.find((each) => each.name === name)
  if (!builtin) throw new Error(`no builtin: ${name}`)
  const context = createEvaluationContext({ id, now: instant(Number(BigInt(now) / 1_000_000n)) })
  try {
    const value = builtin.callIn ? builtin.callIn(context, ...operands) : builtin.call(...operands)
    return value === undefined ? undefined : valueText(value)
  } catch {
    return undefined
  }
}

function vectorsOf(family: string): readonly Vector[] {
  const file = new URL(`../../../vectors/builtins/${family}.json`, import.meta.url)
  const { vectors }: { readonly vectors: readonly Vector[] } = JSON.parse(readFileSync(file, 'utf8'))
  return vectors
}

const families = ['crypto', 'jwt', 'x509', 'aws-sign-req']

describe.for(families)('%s answers as OPA does', (family) => {
  test.for(vectorsOf(family).map((vector, i) => [vector.builtin, i, vector] as const))('%s %i', ([, , vector]) => {
    const { builtin, now, operands, want } = vector
    expect(answer(builtin, now, ...operands.map(rego))).toBe(want ?? undefined)
  })
})

test('there are answers and refusals for every builtin of these families', () => {
  const names = builtins.map(({ name }) => name).filter((name) => /^(?:crypto|io\.jwt|providers)\./.test(name))
  const answered = (refusal: boolean): readonly string[] => {
    const fitting = families.flatMap(vectorsOf).filter(({ want }) => (want === null) === refusal)
    return names.filter((name) => fitting.some(({ builtin }) => builtin === name))
  }
  expect(answered(false)).toEqual(names)
  // any text has a digest; what cannot be verified is answered with false
  const total = /^crypto\.(?:md5|sha|hmac\.(?!equal))|parse_and_verify_certificates$/
  expect(answered(true)).toEqual(names.filter((name) => !total.test(name)))
})

describe('signatures that differ each time', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwkText = (key: KeyObject): string => JSON.stringify(key.export({ format: 'jwk' }))
  const payload = '{"sub":"me"}'

  test.for([
    ['ES256', ec, { dsaEncoding: 'ieee-p1363' }, 'es256'],
    ['PS256', rsa, { padding: 6, saltLength: 32 }, 'ps256'],
  ] as const)('%s: OpenSSL and the verifier take it', ([alg, { privateKey, publicKey }, options, verifier]) => {
    const signed = answer('io.jwt.encode_sign_raw', '0', `{"alg":"${alg}"}`, payload, jwkText(privateKey))
    const token: unknown = JSON.parse(signed ?? 'null')
    const [header = '', body = '', signature = ''] = String(token).split('.')
    expect(Buffer.from(body, 'base64url').toString()).toBe(payload)
    const data = Buffer.from(`${header}.${body}`)
    const key = createPublicKey({ key: JSON.parse(jwkText(publicKey)) as JsonWebKey, format: 'jwk' })
    expect(verify('sha256', data, { key, ...options }, Buffer.from(signature, 'base64url'))).toBe(true)
    expect(answer(`io.jwt.verify_${verifier}`, '0', String(token), jwkText(publicKey))).toBe('true')
    expect(answer(`io.jwt.verify_${verifier}`, '0', `${header}.e30.${signature}`, jwkText(publicKey))).toBe('false')
  })
})

test('the time of the decision counts where no other is given', () => {
  const token = `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.${Buffer.from('{"exp":1000}').toString('base64url')}`
  const signed = answer(
    'io.jwt.encode_sign_raw',
    '0',
    '{"alg":"HS256"}',
    '{"exp":1000}',
    '{"kty":"oct","k":"c2VjcmV0"}',
  )
  expect(signed).toContain(token)
  const whole: unknown = JSON.parse(signed ?? 'null')
  const verified = (now: string, constraints: string) =>
    answer('io.jwt.decode_verify', now, String(whole), rego(constraints))?.startsWith('[true')
  expect(verified('999000000000', '{"secret":"secret"}')).toBe(true)
  expect(verified('1000000000000', '{"secret":"secret"}')).toBe(false)
  expect(verified('1000000000000', '{"secret":"secret","time":999000000000}')).toBe(true)
})

test('a key text is read once and answers the same afterwards, also between many others', () => {
  const [vector] = vectorsOf('jwt').filter(({ builtin, want }) => builtin === 'io.jwt.verify_es256' && want === 'true')
  const operands = (vector?.operands ?? []).map(rego)
  for (let i = 0; i < 3; i++) {
    expect(answer('io.jwt.verify_es256', '0', ...operands)).toBe('true')
    expect(answer('io.jwt.verify_es256', '0', operands[0] ?? '', `{"keys":[],"n":${i}}`)).toBe('false')
  }
})
