import { defineConfig } from 'vitest/config'

/** What holds processes to lengths of time while it loads or breaks them: one file at a time, after everything else. */
const alone = ['fleet/faults', 'fleet/killed-under-load', 'envoy/soak'].map(
  (file) => `test/integration/${file}.test.ts`,
)

const timeouts = { testTimeout: 120_000, hookTimeout: 60_000 }

/** Against real peers, which `npm run setup:peers` installs. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { name: 'peers', include: ['test/integration/**/*.test.ts'], exclude: alone, ...timeouts } },
      { test: { name: 'alone', include: alone, ...timeouts, fileParallelism: false, sequence: { groupOrder: 1 } } },
    ],
  },
})
