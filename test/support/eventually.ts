import { vi } from 'vitest'

/** Waits until `check` no longer throws: at once where all is well, long enough for a machine that is busy. */
export const eventually = (check: () => unknown): Promise<unknown> =>
  vi.waitFor(check, { timeout: 15_000, interval: 2 })
