// The entry of the worker thread: holds the toolchain, because a call blocks its thread for as long as it takes and can
// only be stopped by ending that thread.
import { readFile } from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { asArtefactOpener } from './open-artefact.ts'
import { startReactor } from './reactor.ts'
import type { ToolchainAnswer, ToolchainCall, ToolchainThreadData } from './thread.ts'

// Go's memory in WebAssembly only ever grows; an instance beyond this many bytes is replaced after its answer.
const MEMORY_LIMIT = 768 * 1024 * 1024

const given = parentPort
if (given === null) throw new Error('toolchain-worker.ts is started by createRegoToolchain, not by hand')

const port = given // narrowed for the function below too
const { wasmPath, artefactHost } = workerData as ToolchainThreadData // of thread.ts, the only one that starts this
const module = await WebAssembly.compile(await readFile(wasmPath))
const open = artefactHost === undefined ? undefined : asArtefactOpener(await import(artefactHost))
let reactor = startReactor(module)

// One call at a time: the other side waits for the answer. What is thrown ends the thread, which is told of there.
async function serve({ request, artefact }: ToolchainCall): Promise<void> {
  const host = artefact && (await open?.(artefact))
  const bytes = reactor.call(request, host)
  const rules = host?.rules?.()
  const answer: ToolchainAnswer = { bytes, ...(rules && { rules }) }
  port.postMessage(answer, [bytes.buffer])
  if (reactor.size() > MEMORY_LIMIT) reactor = startReactor(module)
}
port.on('message', (call: ToolchainCall) => void serve(call))
port.postMessage({ bytes: new Uint8Array() } satisfies ToolchainAnswer) // it is ready
