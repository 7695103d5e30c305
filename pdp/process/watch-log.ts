import type { Pdp } from '../compose/pdp.ts'

const watchLogMs = 2_000

/** While the log cannot be written no asks may come; so that it is seen to heal, it is tried without them. */
export function watchLog(pdp: Pdp): () => void {
  const timer = setInterval(() => {
    if (!pdp.status().audit.writable) pdp.tryLog().catch(() => undefined) // its failure is in the status
  }, watchLogMs)
  timer.unref()
  return () => clearInterval(timer)
}
