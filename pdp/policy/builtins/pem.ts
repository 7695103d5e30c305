import { decodeGoBase64 } from './go-base64.ts'
import { trimEndOf } from './trim-ends.ts'

/** One PEM block and what stands behind it; texts hold one byte a character. */
export interface PemBlock {
  readonly type: string
  readonly bytes: Buffer
  readonly rest: string
}

const begin = '-----BEGIN '
const end = '\n-----END '
const dashes = '-----'

/**
 * The first PEM block of a text of bytes ('latin1'), undefined if there is none. As Go's `pem.Decode`: blocks begin and
 * end on lines of their own, headers are skipped, spaces and tabs within the base64 too, and what is no block is passed
 * over.
 */
export function decodePem(text: string): PemBlock | undefined {
  for (let rest = text; ; ) {
    const endAt = rest.indexOf(end)
    if (endAt < 0) return undefined
    const next = rest.slice(endAt + end.length)
    // the last BEGIN before the END, so that repeated BEGIN lines are passed over
    const beginAt = rest.slice(0, endAt).lastIndexOf(begin)
    if (beginAt >= 0 && (beginAt === 0 || rest[beginAt - 1] === '\n')) {
      const block = blockAt(rest.slice(beginAt + begin.length), endAt - beginAt - begin.length)
      if (block === 'none') return undefined
      if (block) return block
    }
    rest = next
  }
}

/** `endAt` is where the line break before END stands; before 0 where BEGIN's own line ends in it. */
function blockAt(text: string, endAt: number): PemBlock | 'none' | undefined {
  const typeLine = lineOf(text)
  if (!typeLine.line.endsWith(dashes)) return undefined
  const type = typeLine.line.slice(0, -dashes.length)
  let at = typeLine.next
  let hasHeaders = false
  for (;;) {
    if (at >= text.length) return 'none'
    const { line, next } = lineOf(text.slice(at))
    if (!line.includes(':')) break
    hasHeaders = true
    at += next
  }
  if (hasHeaders && endAt < at) return undefined
  const trailer = text.slice(endAt + end.length)
  if (!trailer.startsWith(type + dashes) || lineOf(trailer.slice(type.length + dashes.length)).line !== '')
    return undefined
  const base64 = endAt > at ? text.slice(at, endAt).replaceAll(/[ \t]/g, '') : ''
  const bytes = decodeGoBase64(base64, 'standard', true)
  if (!bytes) return undefined
  const endLine = text.slice(endAt + end.length - 1)
  return { type, bytes, rest: endLine.slice(lineOf(endLine).next) }
}

/** The first line without its break and trailing spaces, and where the next begins. */
function lineOf(text: string): { readonly line: string; readonly next: number } {
  const at = text.indexOf('\n')
  const next = at < 0 ? text.length : at + 1
  const stop = at < 0 ? text.length : at > 0 && text[at - 1] === '\r' ? at - 1 : at
  return { line: trimEndOf(text.slice(0, stop), ' \t'), next }
}

/** Text as bytes, one a character: what `decodePem` reads. */
export const bytesAsText = (text: string): string => Buffer.from(text).toString('latin1')
