import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { plus, seconds } from '../../../pdp/core/time.ts'
import { checkFreshClauses } from '../../../pdp/trust/check-fresh.ts'
import { createPemAuthorities, pemAuthoritiesClauses } from '../../../pdp/trust/pem-authorities.ts'
import { pemAuthorityClauses } from '../../../pdp/trust/read-pem-authorities.ts'
import { readTextFileClauses } from '../../../pdp/trust/read-text-file.ts'
import { createAuthority, pemOf } from '../../support/certificates.ts'
import { createTestClock, frameAt, noon } from '../../support/clock.ts'
import { refusesOnly } from '../../support/twin.ts'

let path = ''
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'sallyport-pem-'))
})
afterEach(() => rm(path, { recursive: true }))

const clock = createTestClock()
const open = (at = path, maxStale = seconds(60)) =>
  createPemAuthorities({ name: 'partners', path: at, clock, schedule: () => () => undefined, maxStale })
const write = (name: string, text: string | Uint8Array) => writeFile(join(path, name), text)
const loaded = async (source = open()) => {
  const outcome = await source.reload()
  return outcome.ok ? source.anchors(frameAt()) : outcome
}

const one = createAuthority('one')
const other = createAuthority('other')

test('all files of a folder, in the order of their names; others are left out', async () => {
  await write('b.crt', pemOf(one))
  await write('a.pem', `Subject: CN=other\n${pemOf(other)}\nand what follows\n`)
  await write('.hidden.pem', 'junk')
  await write('README.md', 'junk')
  expect(await loaded()).toEqual({ ok: true, value: [other.der, one.der] })
})

test('a file, with line ends of any kind', async () => {
  await write('ca.pem', pemOf(one, other).replaceAll('\n', '\r\n'))
  expect(await loaded(open(join(path, 'ca.pem')))).toEqual({ ok: true, value: [one.der, other.der] })
})

test('an authority that stands twice counts once', async () => {
  await write('a.pem', pemOf(one, one))
  await write('b.pem', pemOf(one, other))
  expect(await loaded()).toEqual({ ok: true, value: [one.der, other.der] })
})

test('the very same list while the files say the same, another when a mounted folder is swapped', async () => {
  const mount = async (version: string, text: string) => {
    await mkdir(join(path, version))
    await writeFile(join(path, version, 'ca.pem'), text)
    await symlink(join(path, version), join(path, '..data.new'))
    await rename(join(path, '..data.new'), join(path, '..data'))
  }
  await mount('v1', pemOf(one))
  await symlink(join('..data', 'ca.pem'), join(path, 'ca.pem'))
  const source = open()
  const first = await loaded(source)
  const again = await loaded(source)
  expect(again.ok && again.value).toBe(first.ok && first.value)
  await mount('v2', pemOf(other))
  expect(await loaded(source)).toEqual({ ok: true, value: [other.der] })
})

const key = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'
test.for<[name: string, good: () => Promise<unknown>, bad: () => Promise<unknown>, clause: string]>([
  ['no file', () => write('b.pem', pemOf(one)), () => rm(join(path, 'b.pem')), pemAuthoritiesClauses.files],
  ['an empty file', () => write('b.pem', pemOf(one)), () => write('b.pem', ''), pemAuthorityClauses.form],
  [
    'a damaged file',
    () => write('b.pem', pemOf(one)),
    () => write('b.pem', pemOf(one).slice(0, -40)),
    pemAuthorityClauses.form,
  ],
  ['a private key', () => write('b.pem', pemOf(one)), () => write('b.pem', pemOf(one) + key), pemAuthorityClauses.kind],
  [
    'a certificate that is no DER',
    () => write('b.pem', pemOf(one)),
    () => write('b.pem', pemOf({ der: Buffer.from('junk') })),
    pemAuthorityClauses.certificate,
  ],
  [
    'a certificate that signs no others',
    () => write('b.pem', pemOf(one)),
    () => write('b.pem', pemOf(one.svid('spiffe://prod.example/a'))),
    pemAuthorityClauses.authority,
  ],
  [
    'a folder in place of a file',
    () => write('b.pem', pemOf(one)),
    () => rm(join(path, 'b.pem')).then(() => mkdir(join(path, 'b.pem'))),
    readTextFileClauses.readable,
  ],
  [
    'a file that is not UTF-8',
    () => write('b.pem', pemOf(one)),
    () => write('b.pem', Buffer.from([0xff])),
    readTextFileClauses.encoding,
  ],
  [
    'more than a MiB in all',
    () => write('b.pem', `${pemOf(one)}${'#'.repeat(1_000_000)}`),
    () => write('b.pem', `${pemOf(one)}${'#'.repeat(1_048_576)}`),
    readTextFileClauses.size,
  ],
])('refused: %s', async ([, good, bad, clause]) => {
  const check = async (prepare: () => Promise<unknown>) => {
    await prepare()
    return loaded()
  }
  await refusesOnly(check, good, bad, { code: 'TRUST_UNAVAILABLE', clause })
})

test('one bad file among good ones keeps all that was there, and the status names it, not what it holds', async () => {
  await write('a.pem', pemOf(one))
  const source = open()
  await loaded(source)
  await write('a.pem', pemOf(other))
  await write('b.pem', key)
  expect(await source.reload()).toMatchObject({ ok: false, clause: pemAuthorityClauses.kind })
  expect(await source.anchors(frameAt())).toEqual({ ok: true, value: [one.der] })
  expect(source.status()).toMatchObject({ keys: 1, asOf: noon, lastError: expect.stringMatching(/^b\.pem: /) })
  await rm(join(path, 'b.pem'))
  expect(await loaded(source)).toEqual({ ok: true, value: [other.der] })
  expect(source.status()).not.toHaveProperty('lastError')
})

test('nothing before it was read, nothing once it is too old', async () => {
  await write('a.pem', pemOf(one))
  const source = open()
  const unavailable = (clause: string) => ({ ok: false, code: 'TRUST_UNAVAILABLE', clause })
  expect(await source.anchors(frameAt())).toMatchObject(unavailable(checkFreshClauses.loaded))
  expect(await loaded(source)).toMatchObject({ ok: true })
  expect(await source.anchors(frameAt(plus(noon, seconds(61))))).toMatchObject(unavailable(checkFreshClauses.fresh))
})

test('a place that is not there', async () => {
  expect(await loaded(open(join(path, 'none')))).toMatchObject({ ok: false, clause: pemAuthoritiesClauses.place })
})
