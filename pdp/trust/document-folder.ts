import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { instant } from '../core/time.ts'
import type { Sealer } from '../net/sealer.ts'
import { documentKinds, type DocumentStore, type TrustDocument } from './keep-last-good.ts'

/** - `sealer`: under a key of this use alone. `say`: one line for the operator. */
export interface DocumentFolderParts {
  readonly folder: string
  readonly sealer: Sealer
  readonly say: (line: string) => void
}

const mode = 0o600
const never = instant(8.64e15) // how long it serves is for its source to say
const anyTime = instant(0)
const timeBytes = 8

/**
 * The documents of the source called `source` as files of a folder (0600, in a folder of 0700). Each is authenticated with
 * the name of its source and its kind, so that one that was altered or comes from elsewhere is not taken. It is no remedy
 * against whoever can put back an older one of the same source: nothing on the same disk is.
 */
export function createDocumentFolder(source: string, { folder, sealer, say }: DocumentFolderParts): DocumentStore {
  const stem = join(folder, createHash('sha256').update(source).digest('hex').slice(0, 32))
  const pathOf = (kind: TrustDocument['kind']) => `${stem}.${kind}`
  const sealedName = (kind: TrustDocument['kind']) => JSON.stringify([source, kind])

  const load = async (kind: TrustDocument['kind']): Promise<readonly TrustDocument[]> => {
    const path = pathOf(kind)
    const read = await readIfThere(path)
    if (read === undefined) return []
    const opened = read.ok ? sealer.open(sealedName(kind), read.bytes, anyTime) : undefined
    if (opened?.ok && opened.value.length >= timeBytes) {
      const asOf = instant(opened.value.readDoubleBE(0))
      return [{ kind, asOf, text: opened.value.toString('utf8', timeBytes) }]
    }
    say(`${path} is ignored: ${read.ok ? 'it was altered, or is of another secret or source' : read.why}`)
    return []
  }
  return {
    load: async () => (await Promise.all(documentKinds.map(load))).flat(),
    async keep({ kind, text, asOf }) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const time = Buffer.alloc(timeBytes)
      time.writeDoubleBE(asOf)
      const sealed = sealer.seal(sealedName(kind), Buffer.concat([time, Buffer.from(text, 'utf8')]), never)
      const made = `${pathOf(kind)}.new`
      await writeFile(made, sealed, { mode, flush: true })
      await rename(made, pathOf(kind))
      await syncFolder(folder)
    },
    async drop(kind) {
      await rm(pathOf(kind), { force: true })
      await syncFolder(folder)
    },
  }
}

type ReadFile = { readonly ok: true; readonly bytes: Buffer } | { readonly ok: false; readonly why: string }

async function readIfThere(path: string): Promise<ReadFile | undefined> {
  try {
    return { ok: true, bytes: await readFile(path, { flag: constants.O_RDONLY | constants.O_NOFOLLOW }) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'
    return code === 'ENOENT' ? undefined : { ok: false, why: `it cannot be read (${code})` }
  }
}

/** A rename outlives a power loss only once its folder is on the device. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
