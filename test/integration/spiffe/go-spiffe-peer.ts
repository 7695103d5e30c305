import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../../build/peers/go-spiffe-peer', import.meta.url))

/** SPIFFE's own Go library in a process of its own: `test/peers/go-spiffe` says what it can be asked. */
export interface GoSpiffe {
  /** One request and its answer, one at a time. Rejects with what the library says. */
  act<Answer = unknown>(request: Readonly<Record<string, unknown>>): Promise<Answer>
  close(): void
}

/** Starts it as the authority of a trust domain. */
export async function startGoSpiffe(domain: string): Promise<GoSpiffe> {
  const child: ChildProcess = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
  if (!child.stdin || !child.stdout) throw new Error('no pipes to the Go peer: run npm run setup:peers')
  const { stdin } = child
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let last: Promise<unknown> = Promise.resolve()
  const once = async (request: Readonly<Record<string, unknown>>): Promise<unknown> => {
    stdin.write(`${JSON.stringify(request)}\n`)
    const { value } = await answers.next()
    if (typeof value !== 'string') throw new Error('the Go peer ended')
    const answer: unknown = JSON.parse(value)
    if (typeof answer === 'object' && answer !== null && 'error' in answer) throw new Error(String(answer.error))
    return answer
  }
  const act = <Answer>(request: Readonly<Record<string, unknown>>) => {
    const next = last.then(() => once(request))
    last = next.catch(() => undefined)
    return next as Promise<Answer> // each test names what the peer answers to its act
  }
  await act({ act: 'begin', domain })
  return { act, close: () => void child.kill('SIGKILL') }
}
