import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { plus, seconds } from '../../../pdp/core/time.ts'
import { checkFreshClauses } from '../../../pdp/trust/check-fresh.ts'
import { createSpiffeBundleFile } from '../../../pdp/trust/spiffe-bundle-file.ts'
import { createAuthority } from '../../support/certificates.ts'
import { createTestClock, frameAt, noon } from '../../support/clock.ts'

let folder = ''
let path = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-anchors-'))
  path = join(folder, 'bundle.json')
})
afterEach(async () => rm(folder, { recursive: true }))

const bundleOf = (...authorities: readonly { readonly der: Buffer }[]) =>
  JSON.stringify({
    keys: authorities.map(({ der }) => ({ kty: 'EC', use: 'x509-svid', x5c: [der.toString('base64')] })),
  })

const one = createAuthority('one')
const other = createAuthority('other')
const clock = createTestClock()
const open = () =>
  createSpiffeBundleFile({ name: 'prod.example', path, clock, schedule: () => () => undefined, maxStale: seconds(60) })

test('authorities as DER; the very same list while the file says the same, another when it changes', async () => {
  const source = open()
  await writeFile(path, bundleOf(one))
  await source.reload()
  const first = await source.anchors(frameAt())
  expect(first).toMatchObject({ ok: true, value: [one.der] })
  await source.reload()
  const again = await source.anchors(frameAt())
  expect(again.ok && again.value).toBe(first.ok && first.value)
  await writeFile(path, bundleOf(one, other))
  await source.reload()
  expect(await source.anchors(frameAt())).toMatchObject({ ok: true, value: [one.der, other.der] })
  await writeFile(path, 'junk')
  await source.reload()
  expect(await source.anchors(frameAt())).toMatchObject({ ok: true, value: [one.der, other.der] })
})

test('none before the file was read, none once it is too old, an empty list where the bundle is empty', async () => {
  const source = open()
  const unavailable = (clause: string) => ({ ok: false, code: 'TRUST_UNAVAILABLE', clause })
  expect(await source.anchors(frameAt())).toMatchObject(unavailable(checkFreshClauses.loaded))
  await writeFile(path, bundleOf())
  await source.reload()
  expect(await source.anchors(frameAt())).toMatchObject({ ok: true, value: [] })
  expect(await source.anchors(frameAt(plus(noon, seconds(61))))).toMatchObject(unavailable(checkFreshClauses.fresh))
})
