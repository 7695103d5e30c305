import { parentPort, workerData } from 'node:worker_threads'
import type { Checkpoint } from './checkpoint.ts'
import { openLogKeys } from './log-key.ts'
import { nodeTreeFiles } from './node-tree-files.ts'
import { type Extent, openTreeBuilder } from './tree-builder.ts'
import type { TreeNews, TreeTask } from './tree-messages.ts'

// The thread of tree-thread.ts: hashing, signing and waiting for the disk take no time from decisions here.

const task: TreeTask = workerData // tree-thread.ts alone starts this file
const say = (news: TreeNews) => parentPort?.postMessage(news)
const attempt = (publish: () => Checkpoint | undefined) => {
  try {
    const checkpoint = publish()
    say({ kind: 'published', size: checkpoint?.size ?? 0, note: checkpoint?.note })
  } catch (error) {
    say({ kind: 'failed', reason: error instanceof Error ? error.message : 'an unknown fault' })
  }
}

attempt(() => {
  const { signer, previous } = openLogKeys(task.key, task.host)
  const builder = openTreeBuilder(task.places, signer, task.extent, nodeTreeFiles, previous)
  parentPort?.on('message', (extent: Extent) => attempt(() => builder.advance(extent)))
  return builder.advance(task.extent)
})
