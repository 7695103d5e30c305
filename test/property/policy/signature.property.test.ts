import { generateKeyPairSync } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashFile } from '../../../pdp/policy/signature/hash-file.ts'
import { signatureFile } from '../../../pdp/policy/signature/read-signature-file.ts'
import { readSigningKey } from '../../../pdp/policy/signature/read-signing-key.ts'
import { signFiles } from '../../../pdp/policy/signature/sign-files.ts'
import { type Files, verifyFiles } from '../../../pdp/policy/signature/verify-files.ts'
import { packFiles } from '../../../pdp/policy/pack-files.ts'
import { loadBundle } from '../../../pdp/policy/load-bundle.ts'
import { unpackBundle } from '../../../pdp/policy/unpack-bundle.ts'
import { compileTestPolicy } from '../../unit/policy/test-policy.ts'

const { privateKey } = generateKeyPairSync('ed25519')
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

function signer() {
  const key = readSigningKey(pem)
  if (!key.ok) throw new Error(key.detail)
  return key.value
}

async function signedFiles(): Promise<Files> {
  const { wasm } = await compileTestPolicy({ rego: 'package t\n\ndecision := data.t.answer == input.context.answer\n' })
  const manifest = { revision: 'r1', roots: ['t'], wasm: [{ entrypoint: 't/decision', module: '/policy.wasm' }] }
  const files = new Map<string, Uint8Array>([
    ['.manifest', Buffer.from(JSON.stringify(manifest, undefined, 1))],
    ['data.json', Buffer.from('{"t": {"answer": 4e1, "é": "\\u00e9\\/", "list": [1, true, null]}}\n')],
    ['policy.wasm', wasm],
    ['t/policy.rego', Buffer.from('package t\n')],
  ])
  const signed = signFiles(files, signer())
  if (!signed.ok) throw new Error(signed.detail)
  return files.set(signatureFile, signed.value)
}

const parsed = (bytes: Uint8Array | undefined): unknown => {
  try {
    return JSON.parse(Buffer.from(bytes ?? []).toString('utf8'))
  } catch {
    return undefined
  }
}

test('a flipped byte is refused, unless the JSON of the file still says the same', async () => {
  const files = await signedFiles()
  const { verification } = signer()
  expect((await loadBundle(packFiles([...files]), { signer: verification })).ok).toBe(true)
  let same = 0
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...files.keys()).chain((name) =>
        fc.record({
          name: fc.constant(name),
          at: fc.nat({ max: (files.get(name)?.length ?? 1) - 1 }),
          flip: fc.integer({ min: 1, max: 255 }),
        }),
      ),
      async ({ name, at, flip }) => {
        const bytes = Buffer.from(files.get(name) ?? [])
        bytes.writeUInt8(bytes.readUInt8(at) ^ flip, at)
        const archive = packFiles([...new Map(files).set(name, bytes)])
        const loaded = await loadBundle(archive, { signer: verification })
        if (!loaded.ok) {
          expect(loaded.code).toBe('POLICY_ERROR')
          return
        }
        same++
        expect(name).toMatch(/^(?:\.manifest|data\.json|\.signatures\.json)$/)
        expect(parsed(bytes)).toEqual(parsed(files.get(name)))
        if (name === signatureFile) return // its white space is nobody's, and it has no hash of its own
        expect(hashFile(name, bytes, 'SHA-256')).toEqual(hashFile(name, files.get(name) ?? bytes, 'SHA-256'))
      },
    ),
    { numRuns: 800 },
  )
  expect(same).toBeLessThan(80)
})

test('a flipped byte anywhere in the archive is refused, or changes no file', async () => {
  const files = await signedFiles()
  const { verification } = signer()
  const archive = packFiles([...files])
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: archive.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const altered = Uint8Array.from(archive)
      altered[at] = (altered[at] ?? 0) ^ flip
      const unpacked = await unpackBundle(altered)
      if (!unpacked.ok || !verifyFiles(unpacked.value, { keys: [verification] }).ok) return
      expect(gunzipSync(altered)).toEqual(gunzipSync(archive))
    }),
    { numRuns: 300 },
  )
})
