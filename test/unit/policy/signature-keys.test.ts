import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { keygenCommand } from '../../../pdp/cli/author/keygen-command.ts'
import { signCommand } from '../../../pdp/cli/author/sign-command.ts'
import { verifyCommand } from '../../../pdp/cli/author/verify-command.ts'
import type { JwsAlgorithm } from '../../../pdp/core/key.ts'
import { publicJwkClauses } from '../../../pdp/jose/read-public-jwk.ts'
import { packFiles } from '../../../pdp/policy/pack-files.ts'
import { signBundle } from '../../../pdp/policy/sign-bundle.ts'
import { canonicalJson } from '../../../pdp/policy/signature/canonical-json.ts'
import { fileHashClauses } from '../../../pdp/policy/signature/hash-file.ts'
import { readSignerKey, signerKeyClauses } from '../../../pdp/policy/signature/read-signer-key.ts'
import { readSigningKey, signingKeyClauses } from '../../../pdp/policy/signature/read-signing-key.ts'
import { signFilesClauses } from '../../../pdp/policy/signature/sign-files.ts'
import { verifyFiles } from '../../../pdp/policy/signature/verify-files.ts'
import { unpackBundle } from '../../../pdp/policy/unpack-bundle.ts'
import { refusesOnly } from '../../support/twin.ts'

const pub = ({ publicKey }: { readonly publicKey: KeyObject }) =>
  publicKey.export({ type: 'spki', format: 'pem' }).toString()
const priv = ({ privateKey }: { readonly privateKey: KeyObject }) =>
  privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pairs = {
  ES256: ec,
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  Ed25519: generateKeyPairSync('ed25519'),
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
} as const satisfies Record<JwsAlgorithm, unknown>

const bundle = packFiles([
  ['.manifest', Buffer.from('{"revision":"r1"}')],
  ['data.json', Buffer.from('{ "a": 1.0 }')],
  ['policy.wasm', Buffer.of(0, 1, 2)],
])

function keyOf(pair: typeof ec) {
  const key = readSigningKey(priv(pair))
  if (!key.ok) throw new Error(key.detail)
  return key.value
}

describe('the public key of a signer', () => {
  test.for([
    ['a private key', priv(ec), signerKeyClauses.pem],
    ['two keys', pub(ec) + pub(ec), signerKeyClauses.pem],
    ['text around it', `signer\n${pub(ec)}`, signerKeyClauses.pem],
    ['a JWK', JSON.stringify(ec.publicKey.export({ format: 'jwk' })), signerKeyClauses.pem],
    ['a block that is no key', pub(ec).replace(/\n.{8}/, '\nAAAAAAAA'), signerKeyClauses.pem],
    ['nothing', '', signerKeyClauses.pem],
    ['a curve of others', pub(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })), publicJwkClauses.curve],
    ['a key for agreement', pub(generateKeyPairSync('x25519')), publicJwkClauses.okp],
    ['an RSA key of 1024 bits', pub(generateKeyPairSync('rsa', { modulusLength: 1024 })), publicJwkClauses.modulus],
    ['a key of RSASSA-PSS alone', pub(generateKeyPairSync('rsa-pss', { modulusLength: 2048 })), signerKeyClauses.key],
  ] as const)('is refused: %s', async ([, defect, clause]) => {
    await refusesOnly(readSignerKey, pub(ec), defect, { code: 'POLICY_ERROR', clause })
  })

  test('may be written with the line ends of Windows', () => {
    expect(readSignerKey(pub(ec).replaceAll('\n', '\r\n'))).toMatchObject({ ok: true })
  })
})

describe('the private key of a signer', () => {
  const locked = ec.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
  test.for([
    ['a public key', pub(ec), signingKeyClauses.pem],
    ['a locked key', locked.toString(), signingKeyClauses.pem],
    ['a key in SEC 1', ec.privateKey.export({ type: 'sec1', format: 'pem' }).toString(), signingKeyClauses.pem],
    ['a block that is no key', priv(ec).replace(/\n.{8}/, '\nAAAAAAAA'), signingKeyClauses.pem],
    ['a weak key', priv(generateKeyPairSync('rsa', { modulusLength: 1024 })), publicJwkClauses.modulus],
  ] as const)('is refused: %s', async ([, defect, clause]) => {
    await refusesOnly(readSigningKey, priv(ec), defect, { code: 'POLICY_ERROR', clause })
  })
})

describe('signing', () => {
  // Object.entries answers the names of the table above
  test.for(Object.entries(pairs) as [JwsAlgorithm, typeof ec][])('with %s verifies', async ([algorithm, pair]) => {
    const key = keyOf(pair)
    const signed = await signBundle(bundle, key, { algorithm })
    const unpacked = signed.ok ? await unpackBundle(signed.value) : signed
    expect(unpacked).toMatchObject({ ok: true })
    if (unpacked.ok) {
      expect(verifyFiles(unpacked.value, { keys: [key.verification] })).toMatchObject({
        ok: true,
        value: { signers: [key.verification.id] },
      })
    }
  })

  test('again gives the same bytes, signed or not before', async () => {
    const [key, other] = [keyOf(pairs.Ed25519), keyOf(ec)]
    const once = await signBundle(bundle, key)
    const before = await signBundle(bundle, other)
    expect(before.ok && (await signBundle(before.value, key))).toEqual(once)
    expect(once.ok && (await signBundle(once.value, key))).toEqual(once)
  })

  test('is refused with an algorithm of another key', async () => {
    const check = (algorithm: JwsAlgorithm) => signBundle(bundle, keyOf(ec), { algorithm })
    await refusesOnly(check, 'ES256', 'ES384', { code: 'POLICY_ERROR', clause: signFilesClauses.algorithm })
  })

  test('is refused for data that is not JSON', async () => {
    const check = (text: string) => signBundle(packFiles([['data.json', Buffer.from(text)]]), keyOf(ec))
    await refusesOnly(check, '{}', '{', { code: 'POLICY_ERROR', clause: fileHashClauses.document })
  })
})

describe('the canonical text of a document', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  test.for([
    ['no space, members in order', ' { "b" : [ 1 , { } , [ ] ] ,\t"a" : true }\r\n', '{"a":true,"b":[1,{},[]]}'],
    ['numbers as they are', '[1.0,-0,1E400,12345678901234567890]', '[1.0,-0,1E400,12345678901234567890]'],
    ['bytes order names, not code units', '{"\u{1f600}":1,"\uffff":2}', '{"\uffff":2,"\u{1f600}":1}'],
    [
      "Go's escapes",
      String.raw`"\/\u0041\u00e9\b\u000b\u007f\u2028<&>"`,
      String.raw`"/Aé\b\u000b${'\u007f'}\u2028<&>"`,
    ],
    ['a backslash before the quote', String.raw`["\\","\\\""]`, String.raw`["\\","\\\""]`],
    ['as deep as a bundle may be', nested(512), nested(512)],
    ['deeper', nested(513), undefined],
    ['a name twice', String.raw`{"a":1,"\u0061":2}`, undefined],
    ['a lone surrogate', String.raw`"\udc00"`, undefined],
    ['a lone surrogate in a name', String.raw`{"\udc00":1}`, undefined],
    ['two documents', '1 2', undefined],
    ['nothing', '', undefined],
  ] as const)('%s', ([, text, canonical]) => {
    expect(canonicalJson(text)).toBe(canonical)
  })
})

describe('the commands', () => {
  const folder = () => mkdtemp(join(tmpdir(), 'sallyport-sign-'))
  function terminal() {
    const lines: string[] = []
    return { lines, out: (text: string) => lines.push(text), say: (line: string) => lines.push(line) }
  }

  test('make keys, sign and verify', async () => {
    const at = join(await folder(), 'signer')
    const path = `${at}.tar.gz`
    await writeFile(path, bundle)
    const console = terminal()
    expect(await keygenCommand(at, {}, console)).toBe(0)
    expect((await stat(`${at}.key`)).mode & 0o777).toBe(0o600)
    expect(console.lines.join('')).not.toContain('PRIVATE')
    expect(await verifyCommand([path], { signer: [`${at}.pub`] }, console)).toBe(3)
    expect(await signCommand([path], { key: `${at}.key` }, console)).toBe(0)
    expect(await verifyCommand([path], { signer: [`${at}.pub`] }, console)).toBe(0)
    expect(console.lines.at(-1)).toBe(console.lines[0])
  })

  test('sign into another file if told', async () => {
    const at = join(await folder(), 'signer')
    await writeFile(`${at}.tar.gz`, bundle)
    await keygenCommand(at, { algorithm: 'Ed25519' }, terminal())
    expect(await signCommand([`${at}.tar.gz`], { key: `${at}.key`, out: `${at}-2.tar.gz` }, terminal())).toBe(0)
    expect(
      createHash('sha256')
        .update(await readFile(`${at}.tar.gz`))
        .digest(),
    ).toEqual(createHash('sha256').update(bundle).digest())
    expect(await verifyCommand([`${at}-2.tar.gz`], { signer: [`${at}.pub`] }, terminal())).toBe(0)
  })

  test.for(['key', 'pub'])('never overwrite NAME.%s, and leave nothing half made', async (there) => {
    const at = join(await folder(), 'signer')
    await writeFile(`${at}.${there}`, 'mine')
    const console = terminal()
    expect(await keygenCommand(at, {}, console)).toBe(1)
    expect(console.lines[0]).toContain('is there already')
    expect(await readFile(`${at}.${there}`, 'utf8')).toBe('mine')
    await expect(stat(`${at}.${there === 'key' ? 'pub' : 'key'}`)).rejects.toThrow('ENOENT')
  })

  test('say what is wrong', async () => {
    const at = join(await folder(), 'signer')
    await writeFile(`${at}.tar.gz`, bundle)
    const console = terminal()
    expect(await keygenCommand(at, { algorithm: 'HS256' }, console)).toBe(64)
    expect(await signCommand([`${at}.tar.gz`], { key: `${at}.key` }, console)).toBe(1)
    await keygenCommand(at, {}, console)
    expect(await signCommand([`${at}.tar.gz`], { key: `${at}.pub` }, console)).toBe(3)
    expect(await signCommand([`${at}.key`], { key: `${at}.key` }, console)).toBe(3)
    expect(await verifyCommand([`${at}.tar.gz`], { signer: [`${at}.key`] }, console)).toBe(3)
    expect(await verifyCommand([`${at}.nothing`], { signer: [`${at}.pub`] }, console)).toBe(1)
  })
})
