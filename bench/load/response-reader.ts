/** One HTTP/1.1 answer: its status and its whole body. */
export interface Answer {
  readonly status: number
  readonly body: Buffer
}

const endOfHead = Buffer.from('\r\n\r\n')
const statusLine = /^HTTP\/1\.1 (\d{3})/
const lengthField = /\r\ncontent-length: *(\d+)/i
const chunkedField = /\r\ntransfer-encoding: *chunked/i

/**
 * Reads the answers of one keep-alive connection, which never overlap: what arrives is given to the returned function,
 * and every complete answer to `take`. Throws on anything but a status with a content-length or a chunked body.
 */
export function createResponseReader(take: (answer: Answer) => void): (chunk: Buffer) => void {
  let held: Buffer = Buffer.alloc(0)
  return (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    for (let read = readAnswer(held); read !== undefined; read = readAnswer(held)) {
      held = held.subarray(read.length)
      take(read.answer)
    }
  }
}

interface Read {
  readonly answer: Answer
  /** How many bytes the answer took. */
  readonly length: number
}

function readAnswer(bytes: Buffer): Read | undefined {
  const end = bytes.indexOf(endOfHead)
  if (end < 0) return undefined
  const head = bytes.toString('latin1', 0, end)
  const status = Number(statusLine.exec(head)?.[1])
  if (!status) throw new Error(`this is no answer: ${JSON.stringify(head.slice(0, 60))}`)
  const start = end + endOfHead.length
  if (chunkedField.test(head)) return readChunked(bytes, start, status)
  const length = Number(lengthField.exec(head)?.[1])
  if (Number.isNaN(length)) throw new Error(`an answer ${status} says nothing of its length`)
  if (bytes.length < start + length) return undefined
  return { answer: { status, body: bytes.subarray(start, start + length) }, length: start + length }
}

function readChunked(bytes: Buffer, start: number, status: number): Read | undefined {
  const parts: Buffer[] = []
  for (let at = start; ; ) {
    const line = bytes.indexOf('\r\n', at)
    if (line < 0) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16)
    if (Number.isNaN(size)) throw new Error('a chunk without a size')
    const next = line + 2 + size + 2
    if (bytes.length < next) return undefined
    if (size === 0) return { answer: { status, body: Buffer.concat(parts) }, length: next }
    parts.push(bytes.subarray(line + 2, line + 2 + size))
    at = next
  }
}
