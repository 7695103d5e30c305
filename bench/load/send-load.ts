import { connect, type Socket } from 'node:net'
import { type Answer, createResponseReader } from './response-reader.ts'

/** What is sent and how: each connection asks again as soon as it has its answer. */
export interface Load {
  readonly host: string
  readonly port: number
  readonly connections: number
  /** The bytes of the next request; undefined ends the load. */
  next(): Buffer | undefined
  /** Whether the answer is the one that is expected. */
  isGood(answer: Answer): boolean
}

export interface Sent {
  readonly answered: number
  readonly good: number
  /** The first answer that was not good. */
  readonly bad?: Answer
}

/** Sends the load over keep-alive connections and resolves when all is answered. Rejects where a connection fails. */
export async function sendLoad(load: Load): Promise<Sent> {
  let answered = 0
  let good = 0
  let bad: Answer | undefined
  const take = (answer: Answer) => {
    answered++
    if (load.isGood(answer)) good++
    else bad ??= { status: answer.status, body: Buffer.from(answer.body) }
  }
  const outcomes = await Promise.allSettled(Array.from({ length: load.connections }, () => useConnection(load, take)))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  return { answered, good, ...(bad && { bad }) }
}

function useConnection(load: Load, take: (answer: Answer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ host: load.host, port: load.port, noDelay: true })
    let waiting = false
    const send = () => {
      const request = load.next()
      waiting = request !== undefined
      if (request) socket.write(request)
      else socket.end()
    }
    const read = createResponseReader((answer) => {
      take(answer)
      send()
    })
    socket.on('connect', send)
    socket.on('data', (chunk) => {
      try {
        read(chunk)
      } catch (error) {
        socket.destroy(error instanceof Error ? error : new Error(String(error)))
      }
    })
    socket.on('error', reject)
    socket.on('close', () => {
      if (waiting) reject(new Error('the server closed a connection that waited for its answer'))
      else resolve()
    })
  })
}
