import { parentPort, workerData } from 'node:worker_threads'
import { nodeTreeFiles } from './node-tree-files.ts'
import type { ServeAnswer, ServeQuestion, ServeTask } from './serve-messages.ts'
import { createTreeReader } from './serve-tree.ts'

// The thread of serve-thread.ts: searching and reading the log take no time from decisions here.

const { places }: ServeTask = workerData // serve-thread.ts alone starts this file
let size = 0
const read = createTreeReader(places, () => size, nodeTreeFiles)

parentPort?.on('message', (question: ServeQuestion) => {
  size = question.size
  const say = (answer: ServeAnswer) => parentPort?.postMessage(answer)
  try {
    say({ n: question.n, file: read(question.path) })
  } catch (error) {
    say({ n: question.n, failed: error instanceof Error ? error.message : 'an unknown fault' })
  }
})
