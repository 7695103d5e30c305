import { createReadStream } from 'node:fs'

/** How often the text occurs in a file, which is read as a stream. */
export async function countOccurrences(path: string, text: string): Promise<number> {
  let count = 0
  let rest = ''
  for await (const chunk of createReadStream(path, { encoding: 'latin1', highWaterMark: 1 << 20 })) {
    const part: string = rest + String(chunk)
    for (let at = part.indexOf(text); at >= 0; at = part.indexOf(text, at + text.length)) count++
    const last = part.lastIndexOf(text)
    rest = part.slice(Math.max(part.length - text.length + 1, last < 0 ? 0 : last + text.length))
  }
  return count
}
