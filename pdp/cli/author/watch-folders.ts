import { watch } from 'node:fs'

const settledMs = 20 // an editor writes a file in several steps

/**
 * Calls `changed` when Rego, JSON or YAML below folders has changed and was left alone for a moment; again only once it has
 * answered. What becomes of it is its own to tell. Answers the function that ends it.
 */
export function watchFolders(folders: readonly string[], changed: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined
  let busy = false
  let ended = false

  function later(): void {
    clearTimeout(timer)
    if (!ended) timer = setTimeout(() => void act(), settledMs)
  }
  async function act(): Promise<void> {
    if (busy) return later()
    busy = true
    await changed().finally(() => {
      busy = false
    })
  }

  const watchers = [...new Set(folders)].map((folder) => {
    const watcher = watch(folder, { recursive: true })
    watcher.on('change', (_, name) => {
      if (/\.(?:rego|json|yaml)$/.test(String(name))) later()
    })
    watcher.on('error', later) // a folder that is gone is told by what reads it
    return watcher
  })
  return () => {
    ended = true
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}
