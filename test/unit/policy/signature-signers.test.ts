import { beforeAll, describe, expect, test } from 'vitest'
import { signatureClauses } from '../../../pdp/jose/verify-jws.ts'
import { loadBundle } from '../../../pdp/policy/load-bundle.ts'
import { bundleSignatureClauses } from '../../../pdp/policy/signature/verify-files.ts'
import { createTestKey } from '../../support/keys.ts'
import { refusesOnly } from '../../support/twin.ts'
import { signedArchive, text, unsignedFiles } from './signed-files.ts'

const signer = createTestKey('ours')
const stranger = createTestKey('theirs')

let base: Readonly<Record<string, Uint8Array>>
beforeAll(async () => {
  base = await unsignedFiles()
}, 60_000)

describe('the signers of a bundle', () => {
  const archive = () => signedArchive(base, signer)

  test('one of several is enough, and the bundle says which', async () => {
    const loaded = await loadBundle(archive(), { signer: [stranger.verification, signer.verification] })
    expect(loaded).toMatchObject({ ok: true, value: { signed: { signers: [signer.thumbprint] } } })
  })

  test('none of several is not', async () => {
    const check = (key: typeof signer) => loadBundle(archive(), { signer: [stranger.verification, key.verification] })
    const another = createTestKey('another')
    await refusesOnly(check, signer, another, { code: 'POLICY_ERROR', clause: signatureClauses.signature })
  })

  test('an empty list admits nothing', async () => {
    const check = (keys: readonly (typeof signer)[]) =>
      loadBundle(archive(), { signer: keys.map(({ verification }) => verification) })
    await refusesOnly(check, [signer], [], { code: 'POLICY_ERROR', clause: bundleSignatureClauses.signer })
  })

  test('a signer that came out undefined admits nothing', async () => {
    // what the types refuse, and a caller without them may do
    const absent: object = { signer: undefined }
    expect(await loadBundle(archive(), absent)).toMatchObject({ ok: false, clause: bundleSignatureClauses.signer })
  })

  test('without a signer an unsigned bundle loads, and names none', async () => {
    const loaded = await loadBundle(signedArchive(base, signer, { later: { '.signatures.json': undefined } }))
    expect(loaded).toMatchObject({ ok: true })
    expect(loaded).not.toHaveProperty('value.signed')
  })

  test('4000 files fit under one signature', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 4000 }, (_, i) => [`policies/of/the/department/number-${i}.rego`, text('package t\n')]),
    )
    expect(await loadBundle(signedArchive(base, signer, { files }), { signer: signer.verification })).toMatchObject({
      ok: true,
    })
  })
})
