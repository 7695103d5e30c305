import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readSecret } from '../../../pdp/config/read-secret.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-secret-'))
  await writeFile(join(folder, 'there'), 'hunter2')
  await writeFile(join(folder, 'empty'), '\n')
})
afterAll(() => rm(folder, { recursive: true }))

const environment = { THERE: 'hunter2', EMPTY: ' ' }

test('a secret is read from where the reference leads', async () => {
  expect(await readSecret(`file:${join(folder, 'there')}`, environment)).toBe('hunter2')
  expect(await readSecret('env:THERE', environment)).toBe('hunter2')
})

test.for(['file:absent', 'file:empty', 'env:ABSENT', 'env:EMPTY', 'env:toString'])(
  '%s is refused',
  async (reference) => {
    const there = reference.startsWith('file:') ? `file:${join(folder, 'there')}` : 'env:THERE'
    expect(await readSecret(there, environment)).toBe('hunter2')
    const at = reference.replace('file:', `file:${folder}/`)
    await expect(readSecret(at, environment)).rejects.toThrow(/is empty, or not there|cannot be read \(ENOENT\)/)
  },
)
