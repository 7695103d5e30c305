import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Pdp } from '../../../pdp/compose/pdp.ts'
import { signatureClauses } from '../../../pdp/jose/verify-jws.ts'
import { badBundles } from '../../contract/policy/bad-bundles.ts'
import { askAbout, type BundlePlace, createBundlePlace } from '../../contract/policy/bundle-harness.ts'
import { eventually } from '../../support/eventually.ts'

// A decision point that has its bundle of a real registry, in the form that `oras push` gives it.

const program = fileURLToPath(new URL('../../../build/peers/registry', import.meta.url))
const { good, rows } = await badBundles()
const now = Date.now()

let registry: ChildProcess
let origin: string
let place: BundlePlace
let pdp: Pdp | undefined
beforeAll(async () => {
  registry = spawn(program, ['-port', '0'], { stdio: ['ignore', 'ignore', 'pipe'] })
  const port = await new Promise<string>((resolve, reject) => {
    registry.on('error', reject)
    registry.stderr?.on('data', (chunk: Buffer) => {
      const [, found] = /serving on port (\d+)/.exec(chunk.toString()) ?? []
      if (found !== undefined) resolve(found)
    })
  })
  origin = `http://localhost:${port}`
  place = await createBundlePlace()
})
afterAll(async () => {
  await pdp?.close()
  registry.kill('SIGKILL')
  await place.remove()
})

const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

async function pushBlob(bytes: Uint8Array<ArrayBuffer>) {
  const begun = await fetch(`${origin}/v2/policies/t/blobs/uploads/`, { method: 'POST' })
  const at = new URL(begun.headers.get('location') ?? '', origin)
  at.searchParams.set('digest', digestOf(bytes))
  const put = await fetch(at, { method: 'PUT', body: bytes, headers: { 'content-type': 'application/octet-stream' } })
  expect(put.status).toBe(201)
  return { digest: digestOf(bytes), size: bytes.length }
}

/** Answers the digest of the manifest. */
async function push(archive: Uint8Array, tag: string): Promise<string> {
  const config = await pushBlob(Buffer.from('{}'))
  const layer = await pushBlob(new Uint8Array(archive))
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...layer }],
  })
  const put = await fetch(`${origin}/v2/policies/t/manifests/${tag}`, {
    method: 'PUT',
    body,
    headers: { 'content-type': mediaType },
  })
  expect(put.status).toBe(201)
  return digestOf(Buffer.from(body))
}

const config = (reference: string) =>
  place.config((bundle) => {
    delete bundle['file']
    const image = `${origin.slice('http://'.length)}/policies/t${reference}`
    bundle['oci'] = { image, plain_http: true, every_s: 1 }
  })
const held = () => pdp?.status().bundles[0]

test('a tag is followed, a digest is pinned, and what is not signed as it must be stays out', async () => {
  const first = await push(good({ sequence: 1, active: 0, now }), 'stable')
  pdp = await place.start({ config: config(':stable') })
  expect(held()).toMatchObject({ sequence: 1 })
  await push(good({ sequence: 2, active: 1, now }), 'stable')
  await eventually(() => expect(held()).toMatchObject({ sequence: 2 }))
  const foreign = rows.find(({ name }) => name === 'signed by strangers')?.defect({ sequence: 3, active: 2, now })
  await push(foreign ?? new Uint8Array(), 'stable')
  await eventually(() => expect(held()).toMatchObject({ sequence: 2, fault: { clause: signatureClauses.signature } }))
  expect((await askAbout(pdp, 42))[0]).toBe('ALLOWED')
  await push(good({ sequence: 4, active: 2, now }), 'stable')
  await eventually(() => expect(held()).toMatchObject({ sequence: 4 }))
  expect(held()).not.toHaveProperty('fault')
  await pdp.close()
  await place.remove()
  place = await createBundlePlace()
  pdp = await place.start({ config: config(`@${first}`) })
  expect(held()).toMatchObject({ sequence: 1 })
})
