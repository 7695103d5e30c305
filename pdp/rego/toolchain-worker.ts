// The entry of the worker thread: holds the toolchain, because a call blocks its thread for as long as it takes and can
// only be stopped by ending that thread.
import { readFile } from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { startReactor } from './reactor.ts'

// Go's memory in WebAssembly only ever grows; an instance beyond this many bytes is replaced after its answer.
const MEMORY_LIMIT = 768 * 1024 * 1024

const port = parentPort
if (port === null) throw new Error('toolchain-worker.ts is started by createRegoToolchain, not by hand')

const module = await WebAssembly.compile(await readFile(String(workerData)))
let reactor = startReactor(module)

port.on('message', (request: unknown) => {
  if (!(request instanceof Uint8Array)) throw new Error('a request must be bytes')
  const answer = reactor.call(request)
  port.postMessage(answer, [answer.buffer])
  if (reactor.size() > MEMORY_LIMIT) reactor = startReactor(module)
})
port.postMessage('ready')
