import { createHash, createHmac, generateKeyPairSync } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { beforeAll, describe, test } from 'vitest'
import { jsonClauses } from '../../../pdp/core/read-json.ts'
import { typeClauses } from '../../../pdp/jose/check-type.ts'
import { jwsHeaderClauses } from '../../../pdp/jose/read-jws-header.ts'
import { signatureClauses } from '../../../pdp/jose/verify-jws.ts'
import { bundleFileClauses } from '../../../pdp/policy/bundle-files.ts'
import { loadBundle } from '../../../pdp/policy/load-bundle.ts'
import { documentClauses } from '../../../pdp/policy/read-document.ts'
import { fileHashClauses } from '../../../pdp/policy/signature/hash-file.ts'
import { signatureFileClauses } from '../../../pdp/policy/signature/read-signature-file.ts'
import { signedFilesClauses } from '../../../pdp/policy/signature/read-signed-files.ts'
import { readSignerKey } from '../../../pdp/policy/signature/read-signer-key.ts'
import { statementClauses } from '../../../pdp/policy/signature/check-statement.ts'
import { bundleSignatureClauses } from '../../../pdp/policy/signature/verify-files.ts'
import { tarClauses } from '../../../pdp/policy/untar.ts'
import { createTestKey } from '../../support/keys.ts'
import { refusesOnly } from '../../support/twin.ts'
import { json, type Listed, manifest, signedArchive, type SignedParts, text, unsignedFiles } from './signed-files.ts'

const signer = createTestKey('ours')
const stranger = createTestKey('theirs')

let base: Readonly<Record<string, Uint8Array>>
beforeAll(async () => {
  base = await unsignedFiles()
}, 60_000)

const load = (parts: SignedParts) =>
  loadBundle(signedArchive(base, signer, parts), { signer: signer.verification, entrypoints: ['t/decision'] })

const retold = (name: string, change: Partial<Listed>) => (files: readonly Listed[]) =>
  files.map((file) => (file.name === name ? { ...file, ...change } : file))

/** The list with the hash of policy.wasm under another algorithm; `node` names it for Node. */
const hashedWith = (algorithm: string, node: string) => (files: readonly Listed[]) => {
  const hash = createHash(node)
    .update(base['policy.wasm'] ?? '')
    .digest('hex')
  return retold('policy.wasm', { algorithm, hash })(files)
}

const [head, body] = [text('{"t":{"answer":42}'), text('}')]
const data = (answer: string) => ({ 'data.json': text(`{"t":{"answer":${answer}}}`) })
const module = { 'extra.rego': text('package extra\n') }

interface Row {
  readonly name: string
  readonly defect: SignedParts
  readonly clause: string
  readonly twin?: SignedParts
}

const rows: readonly Row[] = [
  { name: 'unsigned', defect: { later: { '.signatures.json': undefined } }, clause: signatureFileClauses.present },
  { name: 'signed by another', defect: { key: stranger }, clause: signatureClauses.signature },
  {
    name: 'signed by another under the kid of the signer',
    defect: { key: stranger, header: { kid: 'ours' } },
    twin: { header: { kid: 'theirs' } },
    clause: signatureClauses.signature,
  },
  {
    name: 'a byte of the module altered',
    get defect() {
      const wasm = Buffer.from(base['policy.wasm'] ?? '')
      wasm.writeUInt8(wasm.readUInt8(wasm.length - 1) ^ 1, wasm.length - 1)
      return { later: { 'policy.wasm': wasm } }
    },
    clause: bundleSignatureClauses.hash,
  },
  {
    name: 'data altered',
    defect: { later: data('43') },
    twin: { later: data(' 42 ') },
    clause: bundleSignatureClauses.hash,
  },
  {
    name: 'a number of the data in another spelling',
    defect: { later: data('42.0') },
    clause: bundleSignatureClauses.hash,
  },
  {
    name: 'the manifest altered',
    defect: { later: { '.manifest': json({ ...manifest, roots: ['t', 'u'] }) } },
    twin: { later: { '.manifest': json(Object.fromEntries(Object.entries(manifest).reverse())) } },
    clause: bundleSignatureClauses.hash,
  },
  {
    name: 'a file too many',
    defect: { later: module },
    twin: { files: module },
    clause: bundleSignatureClauses.listed,
  },
  {
    name: 'a file too few',
    defect: { files: module, later: { 'extra.rego': undefined } },
    twin: { files: module },
    clause: bundleSignatureClauses.there,
  },
  {
    name: 'a patch that nobody signed',
    defect: { later: { 'patch.json': json({ data: [] }) } },
    clause: bundleSignatureClauses.listed,
  },
  {
    name: 'a patch that was signed',
    defect: { files: { 'patch.json': json({ data: [] }) } },
    clause: bundleFileClauses.delta,
  },
  {
    name: 'the file of the signature listed',
    defect: { listed: (files) => [...files, { name: '.signatures.json', hash: '', algorithm: 'SHA-256' }] },
    clause: bundleSignatureClauses.there,
  },
  {
    name: 'a file listed twice',
    defect: { listed: (files) => [...files, ...files.slice(-1)] },
    clause: signedFilesClauses.once,
  },
  {
    name: 'a name listed with a leading slash',
    defect: { listed: retold('policy.wasm', { name: '/policy.wasm' }) },
    clause: bundleSignatureClauses.there,
  },
  { name: 'a hash cut short', defect: { listed: cutHash }, clause: bundleSignatureClauses.hash },
  ...(
    [
      ['MD5', 'md5'],
      ['SHA-1', 'sha1'],
      ['SHA-224', 'sha224'],
      ['SHA-512-224', 'sha512-224'],
      ['SHA-512-256', 'sha512-256'],
      ['sha-256', 'sha256'],
      ['BLAKE2B', 'blake2b512'],
    ] as const
  ).map(([algorithm, node]) => ({
    name: `files hashed with ${algorithm}`,
    defect: { listed: (files: readonly Listed[]) => hashedWith(algorithm, node)(files) },
    twin: { listed: (files: readonly Listed[]) => hashedWith('SHA-512', 'sha512')(files) },
    clause: signedFilesClauses.algorithm,
  })),
  {
    name: 'no algorithm named',
    defect: { listed: (files) => files.map(({ name, hash }) => ({ name, hash })) },
    clause: signedFilesClauses.files,
  },
  {
    name: 'more said of a file than is known',
    defect: { listed: (files) => files.map((file) => ({ ...file, mode: 1 })) },
    clause: signedFilesClauses.files,
  },
  { name: 'no list of files', defect: { claims: { files: undefined } }, clause: signedFilesClauses.files },
  {
    name: 'an entry that is no object',
    defect: { listed: (files) => [...files, 'x'] },
    clause: signedFilesClauses.files,
  },
  {
    name: 'signed for a scope',
    defect: { claims: { scope: 'write' } },
    twin: { claims: { scope: '', iat: 1_700_000_000, iss: 'ci', keyid: 'other' } },
    clause: signedFilesClauses.scope,
  },
  {
    name: 'an expiry that nobody would check',
    defect: { claims: { exp: 4_000_000_000 } },
    clause: statementClauses.expired,
  },
  {
    name: 'the data not JSON but YAML',
    defect: { files: { 'data.json': text('t: {answer: 42}') } },
    clause: fileHashClauses.document,
  },
  {
    name: 'a member of the data twice',
    defect: { later: { 'data.json': Buffer.concat([head, text(',"t":{"answer":42}'), body]) } },
    twin: { later: { 'data.json': Buffer.concat([head, body]) } },
    clause: fileHashClauses.document,
  },
  {
    name: 'a lone surrogate, which has the hash of U+FFFD',
    defect: { files: data('"\ufffd"'), later: data(String.raw`"\ud800"`) },
    twin: { files: data('"\ufffd"'), later: data(String.raw`"\ufffd"`) },
    clause: fileHashClauses.document,
  },
  {
    name: 'bytes that are not UTF-8, which have the hash of U+FFFD',
    defect: {
      files: data('"\ufffd"'),
      later: { 'data.json': Buffer.concat([text('{"t":{"answer":"'), Buffer.of(0xff), text('"}}')]) },
    },
    twin: { files: data('"\ufffd"') },
    clause: fileHashClauses.document,
  },
  {
    name: 'two signatures',
    defect: { wrap: (token) => ({ signatures: [token, token] }) },
    twin: { wrap: (token) => ({ signatures: [token], plugin: '_default' }) },
    clause: signatureFileClauses.one,
  },
  { name: 'no signature', defect: { wrap: () => ({ signatures: [] }) }, clause: signatureFileClauses.one },
  {
    name: 'another plugin',
    defect: { wrap: (token) => ({ signatures: [token], plugin: 'hsm' }) },
    clause: signatureFileClauses.plugin,
  },
  {
    name: 'a member beside the signatures',
    defect: { wrap: (token) => ({ signatures: [token], expires: 1 }) },
    clause: signatureFileClauses.members,
  },
  { name: 'a list in place of the object', defect: { wrap: (token) => [token] }, clause: signatureFileClauses.members },
  {
    name: 'a signature file that is not JSON',
    defect: { later: { '.signatures.json': text('{') } },
    clause: jsonClauses.syntax,
  },
  {
    name: 'a signature file that is not UTF-8',
    defect: { later: { '.signatures.json': Buffer.of(0xff) } },
    clause: documentClauses.utf8,
  },
  {
    name: 'a signature file of more than 4 MiB',
    defect: { later: { '.signatures.json': Buffer.alloc(4_194_305, ' ') } },
    clause: signatureFileClauses.size,
  },
  {
    name: 'a fourth segment',
    defect: { wrap: (token) => ({ signatures: [`${token}.x`] }) },
    clause: signatureFileClauses.segments,
  },
  {
    name: 'the signature taken off',
    defect: { wrap: (token) => ({ signatures: [token.replace(/[^.]+$/, '')] }) },
    clause: signatureFileClauses.segments,
  },
  {
    name: 'padding',
    defect: { wrap: (token) => ({ signatures: [`${token}=`] }) },
    clause: signatureFileClauses.base64url,
  },
  { name: 'alg none', defect: { header: { alg: 'none' } }, clause: signatureClauses.algorithm },
  {
    name: 'an algorithm of another key type',
    defect: { header: { alg: 'RS256' } },
    clause: signatureClauses.algorithm,
  },
  { name: 'a critical extension', defect: { header: { crit: ['b64'] } }, clause: jwsHeaderClauses.crit },
  { name: 'a key of its own', defect: { header: { jwk: {} } }, clause: jwsHeaderClauses.jwk },
  {
    name: 'a token of another kind',
    defect: { header: { typ: 'at+jwt' } },
    twin: { header: { typ: 'JWT' } },
    clause: typeClauses.typ,
  },
]

function cutHash(files: readonly Listed[]) {
  return files.map((file) => ({ ...file, hash: file.hash.slice(0, 32) }))
}

describe('a bundle with a signer is refused', () => {
  test.for(rows)('$name', async ({ twin = {}, defect, clause }) => {
    await refusesOnly(load, twin, defect, { code: 'POLICY_ERROR', clause })
  })

  test('for a MAC made with the public key', async () => {
    const pem = signer.verification.key.export({ type: 'spki', format: 'pem' })
    const mac = (token: string) => {
      const [, payload = ''] = token.split('.')
      const input = `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.${payload}`
      return { signatures: [`${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`] }
    }
    await refusesOnly(load, {}, { wrap: mac }, { code: 'POLICY_ERROR', clause: signatureClauses.algorithm })
  })

  test('for a file that stands twice in the archive', async () => {
    const once = signedArchive(base, signer)
    const tar = gunzipSync(once)
    const size = 512 + Math.ceil((base['.manifest']?.length ?? 0) / 512) * 512 // the first by name
    const twice = gzipSync(Buffer.concat([tar.subarray(0, size), tar]))
    const check = (archive: Uint8Array) => loadBundle(archive, { signer: signer.verification })
    await refusesOnly(check, gzipSync(tar), twice, { code: 'POLICY_ERROR', clause: tarClauses.duplicate })
  })

  test('by an RSA key for its own algorithm alone', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const rsa = readSignerKey(publicKey.export({ type: 'spki', format: 'pem' }).toString())
    const archive = signedArchive(base, signer)
    const check = (key: typeof rsa) => (key.ok ? loadBundle(archive, { signer: key.value }) : key)
    const twin = { ok: true, value: signer.verification } as const
    await refusesOnly(check, twin, rsa, { code: 'POLICY_ERROR', clause: signatureClauses.algorithm })
  })
})
