import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createOutbox } from '../../../../pdp/doors/http2/outbox.ts'

/** A connection that counts writes, and takes them when it is told to. */
function connection() {
  const writes: string[] = []
  let taken = (): void => undefined
  const socket = new Duplex({
    read: () => undefined,
    write(bytes: Buffer, _, done) {
      writes.push(bytes.toString())
      taken = done
    },
    highWaterMark: 8,
  })
  return { socket: socket as unknown as Socket, writes, take: () => taken() } // what an outbox uses of one
}

test('what comes in one turn is one write', async () => {
  const { socket, writes, take } = connection()
  const outbox = createOutbox(socket, () => undefined)
  for (const text of ['a', 'b', 'c']) outbox.push(Buffer.from(text))
  await Promise.resolve().then(() => outbox.push(Buffer.from('d')))
  expect(writes).toEqual([])
  await turn()
  take()
  outbox.push(Buffer.from('e'))
  await turn()
  expect(writes).toEqual(['abcd', 'e'])
})

test('a client that does not take answers is not read from until it does', async () => {
  const { socket, take } = connection()
  let rooms = 0
  const outbox = createOutbox(socket, () => void rooms++)
  socket.resume()
  outbox.push(Buffer.from('longer than eight'))
  await turn()
  expect([outbox.isBackedUp(), outbox.hasRoom(), socket.isPaused(), rooms]).toEqual([true, false, true, 0])
  take()
  await turn()
  expect([outbox.isBackedUp(), outbox.hasRoom(), socket.isPaused(), rooms]).toEqual([false, true, false, 1])
})

test('answers that are more than a buffer are written in several turns', async () => {
  const { socket, take } = connection()
  const outbox = createOutbox(socket, () => undefined)
  outbox.push(Buffer.alloc(262_144))
  expect(outbox.hasRoom()).toBe(false)
  await turn()
  take()
  await turn()
  expect(outbox.hasRoom()).toBe(true)
})
