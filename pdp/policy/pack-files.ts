import { gzipSync } from 'node:zlib'
import { writeTar } from './write-tar.ts'

const OS_FIELD = 9
const UNKNOWN_OS = 0xff

/** Packs files as a tar.gz, the same bytes for the same files and the same zlib. */
export function packFiles(files: readonly (readonly [string, Uint8Array])[]): Uint8Array<ArrayBuffer> {
  const archive = new Uint8Array(gzipSync(writeTar(files), { level: 9 }))
  archive[OS_FIELD] = UNKNOWN_OS // zlib writes its own; RFC 1952 §2.3.1
  return archive
}
