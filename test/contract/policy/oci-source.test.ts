import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { parseOciReference } from '../../../pdp/core/oci-reference.ts'
import { seconds } from '../../../pdp/core/time.ts'
import { createOciSource, ociSourceClauses, type OciSourceSettings } from '../../../pdp/policy/sources/oci-source.ts'
import { imageManifestClauses, imageManifestType } from '../../../pdp/policy/sources/read-image-manifest.ts'
import { registryTokenClauses } from '../../../pdp/policy/sources/registry-tokens.ts'
import { type Answer, type IssuerServer, json, redirect, startIssuer, status } from '../../support/issuer-server.ts'

// A registry that does what the specification says and, row by row, one thing that it does not.

const bundle = Buffer.from('a bundle, as far as a registry knows')
const digestOf = (bytes: Uint8Array | string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip'
const layer = { mediaType: layerType, digest: digestOf(bundle), size: bundle.length }
const readme = { mediaType: 'text/markdown', digest: digestOf('x'), size: 1 }
const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf('{}'), size: 2 }
const manifest = { schemaVersion: 2, mediaType: imageManifestType, config, layers: [readme, layer] }
const never = new AbortController().signal

let registry: IssuerServer
let elsewhere: IssuerServer
let folder: string
beforeAll(async () => {
  ;[registry, elsewhere] = await Promise.all([startIssuer(), startIssuer()])
  folder = await mkdtemp(join(tmpdir(), 'oci-'))
  await writeFile(join(folder, 'password'), 'pass\n')
})
afterAll(async () => {
  await Promise.all([registry.down(), elsewhere.down()])
  await rm(folder, { recursive: true })
})

const manifests = '/v2/policies/orders/manifests/'
const blobs = '/v2/policies/orders/blobs/'
const bytes =
  (body: Uint8Array | string, type = 'application/octet-stream', headers = {}): Answer =>
  (_, response) => {
    response.writeHead(200, { 'content-type': type, ...headers }).end(body)
  }
const put = (document: object, more: { readonly at?: string; readonly said?: string; readonly type?: string } = {}) => {
  const text = JSON.stringify(document)
  const { at = 'stable', said = digestOf(text), type = imageManifestType } = more
  registry.answer(`${manifests}${at}`, bytes(text, type, { 'docker-content-digest': said }))
}
beforeEach(() => {
  put(manifest)
  put(manifest, { at: digestOf(JSON.stringify(manifest)) })
  registry.answer(blobs + layer.digest, bytes(bundle))
})

function sourceOf(more: Partial<OciSourceSettings> = {}, image = ':stable') {
  const reference = parseOciReference(`${registry.origin.slice('http://'.length)}/policies/orders${image}`)
  if (!reference) throw new Error('no reference')
  return createOciSource({
    origin: registry.origin,
    image: reference,
    blobOrigins: [],
    timeout: seconds(5),
    maximumBytes: 1 << 20,
    ...more,
  })
}
const ask = async (source = sourceOf()) => source.ask('now', never)

test('by tag and by digest; what is known is not pulled again', async () => {
  const source = sourceOf()
  expect(await ask(source)).toMatchObject({ ok: true, value: bundle })
  const before = registry.count(blobs + layer.digest)
  expect(await ask(source)).toMatchObject({ ok: true, value: 'unchanged' })
  source.forget()
  expect(await ask(source)).toMatchObject({ ok: true, value: bundle })
  expect(registry.count(blobs + layer.digest)).toBe(before + 1)
  const pinned = sourceOf({}, `:stable@${digestOf(JSON.stringify(manifest))}`)
  expect(await ask(pinned)).toMatchObject({ ok: true, value: bundle })
  const asked = registry.requests.length
  expect(await ask(pinned)).toMatchObject({ ok: true, value: 'unchanged' })
  expect(registry.requests.length).toBe(asked)
})

const toBlob = (answer: () => Answer) => () => registry.answer(blobs + layer.digest, answer())
test.for<readonly [string, () => void, string, (() => ReturnType<typeof sourceOf>)?]>([
  [
    'a manifest of another type',
    () => put(manifest, { type: 'application/vnd.oci.image.index.v1+json' }),
    ociSourceClauses.fetched,
  ],
  [
    'a manifest that says it is of another type',
    () => put({ ...manifest, mediaType: 'application/json' }),
    imageManifestClauses.form,
  ],
  ['a manifest that is none', () => put({}), imageManifestClauses.form],
  ['a manifest under another digest', () => put(manifest, { said: digestOf('x') }), ociSourceClauses.manifest],
  [
    'another manifest than is pinned',
    () =>
      put(
        { ...manifest, annotations: {} },
        { at: digestOf(JSON.stringify(manifest)), said: digestOf(JSON.stringify(manifest)) },
      ),
    ociSourceClauses.manifest,
    () => sourceOf({}, `@${digestOf(JSON.stringify(manifest))}`),
  ],
  ['no layer that is a bundle', () => put({ ...manifest, layers: [readme] }), imageManifestClauses.layer],
  ['two such layers', () => put({ ...manifest, layers: [layer, layer] }), imageManifestClauses.layer],
  [
    'a layer of an unknown type',
    () => put({ ...manifest, layers: [{ ...layer, mediaType: 'application/gzip' }] }),
    imageManifestClauses.layer,
  ],
  [
    'a layer by SHA-512',
    () => put({ ...manifest, layers: [{ ...layer, digest: `sha512:${'0'.repeat(128)}` }] }),
    imageManifestClauses.layer,
  ],
  [
    'a layer that is too large',
    () => put({ ...manifest, layers: [{ ...layer, size: 2 << 20 }] }),
    imageManifestClauses.size,
  ],
  [
    'a blob of another size',
    () => put({ ...manifest, layers: [{ ...layer, size: layer.size + 1 }] }),
    ociSourceClauses.size,
  ],
  ['a blob of another digest', toBlob(() => bytes(Buffer.from(bundle).fill('x', 0, 1))), ociSourceClauses.digest],
  ['a longer blob', toBlob(() => bytes(Buffer.concat([bundle, Buffer.from('x')]))), ociSourceClauses.size],
  ['a blob without end', toBlob(() => bytes(Buffer.alloc(2 << 20))), ociSourceClauses.fetched],
  ['no blob', toBlob(() => status(404)), ociSourceClauses.fetched],
  ['a blob elsewhere', toBlob(() => redirect(`${elsewhere.origin}/blob`, 307)), ociSourceClauses.redirect],
  ['a blob nowhere', toBlob(() => redirect('file:///etc/passwd')), ociSourceClauses.redirect],
  [
    'a manifest elsewhere',
    () => registry.answer(`${manifests}stable`, redirect(`${elsewhere.origin}/x`)),
    ociSourceClauses.fetched,
  ],
  ['no manifest', () => registry.answer(`${manifests}stable`, status(404)), ociSourceClauses.fetched],
])('%s is refused', async ([, change, clause, make = sourceOf]) => {
  expect(await ask(make())).toMatchObject({ ok: true })
  change()
  expect(await ask(make())).toMatchObject({ ok: false, code: 'POLICY_UNAVAILABLE', clause })
})

test('a blob that the registry keeps elsewhere is asked for there without credentials, where that is configured', async () => {
  const file = join(folder, 'password')
  let shown: unknown = 'nothing'
  toBlob(() => redirect(`${elsewhere.origin}/blob`, 307))()
  elsewhere.answer('/blob', (request, response) => {
    shown = request.headers.authorization
    bytes(bundle)(request, response)
  })
  expect(await ask(sourceOf({ blobOrigins: [elsewhere.origin], bearer: file }))).toMatchObject({
    ok: true,
    value: bundle,
  })
  expect(shown).toBeUndefined()
  elsewhere.answer('/blob', redirect(`${registry.origin}${blobs}${layer.digest}`))
  expect(await ask(sourceOf({ blobOrigins: [elsewhere.origin] }))).toMatchObject({ clause: ociSourceClauses.fetched })
})

/** Lets in who shows what is expected, and sends the others for a token. */
function guarded(challenge: string, expected: string): void {
  const guard =
    (inner: Answer): Answer =>
    (request, response) => {
      if (request.headers.authorization === expected) inner(request, response)
      else response.writeHead(401, { 'www-authenticate': challenge, 'content-type': 'application/json' }).end('{}')
    }
  const text = JSON.stringify(manifest)
  registry.answer(`${manifests}stable`, guard(bytes(text, imageManifestType)))
  registry.answer(blobs + layer.digest, guard(bytes(bundle)))
}
const user = () => ({ name: 'robot', password: join(folder, 'password') })
const basic = `Basic ${Buffer.from('robot:pass').toString('base64')}`
const scope = '?service=registry&scope=repository%3Apolicies%2Forders%3Apull'

test('a challenge is answered with a token for pulling this repository and nothing else, which is used again', async () => {
  guarded(`Bearer realm="${registry.origin}/token",service="registry",scope="registry:catalog:*"`, 'Bearer t1')
  let asked: unknown
  registry.answer(`/token${scope}`, (request, response) => {
    asked = request.headers.authorization
    json({ token: 't1', expires_in: 300 })(request, response)
  })
  const source = sourceOf({ user: user() })
  expect(await ask(source)).toMatchObject({ ok: true, value: bundle })
  expect(asked).toBe(basic)
  expect(registry.count(`/token${scope}`)).toBe(1)
})

test('a challenge for a name and password is answered with them', async () => {
  guarded('Basic realm="registry"', basic)
  expect(await ask(sourceOf({ user: user() }))).toMatchObject({ ok: true, value: bundle })
  expect(await ask()).toMatchObject({ ok: false, clause: registryTokenClauses.challenge })
})

test('credentials go to no origin that only the registry names', async () => {
  const challenge = `Bearer realm="${elsewhere.origin}/token",service="registry"`
  guarded(challenge, 'Bearer t2')
  elsewhere.answer(`/token${scope}`, json({ access_token: 't2' }))
  expect(await ask(sourceOf({ user: user(), authOrigin: elsewhere.origin }))).toMatchObject({ ok: true, value: bundle })
  const before = elsewhere.requests.length
  expect(await ask(sourceOf({ user: user() }))).toMatchObject({ ok: false, clause: registryTokenClauses.origin })
  expect(elsewhere.requests.length).toBe(before)
})

test('a token that is not given, or not taken, is a refusal', async () => {
  guarded(`Bearer realm="${registry.origin}/token",service="registry"`, 'Bearer t3')
  registry.answer(`/token${scope}`, status(403))
  expect(await ask()).toMatchObject({ ok: false, clause: registryTokenClauses.token })
  registry.answer(`/token${scope}`, json({ token: 'other' }))
  expect(await ask()).toMatchObject({ ok: false, clause: ociSourceClauses.fetched })
})

test.for([
  ['registry.example.org/policies/orders:stable', true],
  ['localhost:5000/orders:1', true],
  [`registry.example.org/a/b@sha256:${'0'.repeat(64)}`, true],
  ['registry.example.org/policies/orders', false],
  ['orders:stable', false],
  ['registry.example.org/Orders:1', false],
  ['registry.example.org/a/../b:1', false],
  ['registry.example.org/a//b:1', false],
  ['user@registry.example.org/a:1', false],
  ['registry.example.org/a:1?x', false],
  [`registry.example.org/a@sha256:${'0'.repeat(63)}`, false],
  [`registry.example.org/a@sha512:${'0'.repeat(128)}`, false],
] as const)('%s', ([text, is]) => expect(parseOciReference(text) !== undefined).toBe(is))
