import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createPathAidFiles } from '../../../pdp/trust/path-aid-files.ts'
import { createCertificateList, pemOfLists } from '../../support/certificate-lists.ts'
import { createAuthority, pemOf } from '../../support/certificates.ts'
import { frameAt } from '../../support/clock.ts'
import { createManualTime, type ManualTime } from '../../support/manual-time.ts'

const [a, b] = [createAuthority('a'), createAuthority('b')]
let folder: string
let time: ManualTime
const at = (name: string) => join(folder, name)
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trust-pem-'))
  time = createManualTime()
})
afterEach(() => rm(folder, { recursive: true }))
const common = () => ({ name: 'partners', clock: time.clock, schedule: time.schedule })
const frame = () => frameAt(time.clock())

test('intermediates and lists: all of them or none', async () => {
  const list = createCertificateList(a)
  await writeFile(at('between.pem'), pemOf(b))
  await writeFile(at('a.crl'), pemOfLists(list, list))
  const paths = { intermediates: at('between.pem'), lists: [at('a.crl')] }
  const source = createPathAidFiles({ ...common(), ...paths })
  expect(await source.start()).toMatchObject({ ok: true })
  const first = await source.aids(frame())
  expect(first).toMatchObject({ ok: true, value: { intermediates: [b.der], lists: [list, list] } })
  expect(source.status()).toMatchObject({ keys: 3 })
  for (const text of ['', pemOf(a), pemOfLists(Buffer.from('junk'))]) {
    await writeFile(at('a.crl'), text)
    expect(await source.reload()).toMatchObject({ ok: false, code: 'TRUST_UNAVAILABLE', clause: 'trust-pem-lists' })
    const kept = await source.aids(frame())
    expect(kept.ok && first.ok && kept.value === first.value).toBe(true)
  }
  await writeFile(at('a.crl'), pemOfLists(list))
  await writeFile(at('between.pem'), 'x')
  expect(await source.reload()).toMatchObject({ ok: false, clause: 'trust-pem-certificates' })
  source.close()
})

test('lists alone', async () => {
  const list = createCertificateList(a)
  await writeFile(at('a.crl'), pemOfLists(list))
  const source = createPathAidFiles({ ...common(), lists: [at('a.crl'), at('b.crl')] })
  expect(await source.reload()).toMatchObject({ ok: false, clause: 'trust-file-readable' })
  expect(await source.aids(frame())).toMatchObject({ ok: false, code: 'TRUST_UNAVAILABLE', clause: 'trust-loaded' })
  await writeFile(at('b.crl'), pemOfLists(list))
  expect(await source.reload()).toMatchObject({ ok: true })
  expect(await source.aids(frame())).toMatchObject({ value: { intermediates: [], lists: [list, list] } })
})
