import { expect, test } from 'vitest'
import { createResponseReader } from '../../../bench/load/response-reader.ts'

const plain = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'
const empty = 'HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n'
const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n'

const read = (pieces: readonly string[]): string[] => {
  const answers: string[] = []
  const push = createResponseReader(({ status, body }) => answers.push(`${status} ${body.toString()}`))
  for (const piece of pieces) push(Buffer.from(piece))
  return answers
}

test.for([
  ['a length', [plain], ['200 {}']],
  ['no body', [empty], ['503 ']],
  ['chunks', [chunked], ['200 {"a":1}']],
  ['several in one piece', [plain + chunked + empty], ['200 {}', '200 {"a":1}', '503 ']],
  ['a byte at a time', [...plain, ...chunked], ['200 {}', '200 {"a":1}']],
  ['an answer that is not complete', [plain.slice(0, -1)], []],
] as const)('an answer is read: %s', ([, pieces, answers]) => {
  expect(read(pieces)).toEqual(answers)
})

test.for([
  ['not HTTP', 'SSH-2.0-x\r\n\r\n', 'this is no answer'],
  ['no length', 'HTTP/1.1 200 OK\r\n\r\n', 'says nothing of its length'],
  ['a chunk without a size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n', 'a chunk without a size'],
] as const)('what cannot be read is not counted: %s', ([, text, message]) => {
  expect(() => read([text])).toThrow(message)
})
