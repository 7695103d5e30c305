import type { HealthView } from '../doors/grpc/health.ts'

const lookMs = 500

/** Readiness as gRPC health: looked at again and again while anybody watches. */
export function createHealthView(isReady: () => boolean): HealthView {
  const watchers = new Set<() => void>()
  let timer: NodeJS.Timeout | undefined
  return {
    serving: isReady,
    watch(changed) {
      watchers.add(changed)
      timer ??= setInterval(() => {
        for (const watcher of watchers) watcher()
      }, lookMs).unref()
      return () => {
        watchers.delete(changed)
        if (watchers.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}
