import { defineConfig } from 'vitest/config'

const project = (name: string, include: readonly string[], testTimeout = 60_000) => ({
  test: { name, include: [...include], testTimeout, hookTimeout: testTimeout }, // hooks start processes
})

/** What measures throughput runs after everything else, one file at a time. */
const alone = (name: string, include: readonly string[]) => ({
  test: { name, include: [...include], testTimeout: 120_000, fileParallelism: false, sequence: { groupOrder: 1 } },
})

export default defineConfig({
  test: {
    // one more than two cores: much of the suite waits for processes and sockets
    maxWorkers: 3,
    projects: [
      project('unit', ['test/unit/**/*.test.ts']),
      project('contract', ['test/contract/**/*.test.ts', 'test/*.test.ts']),
      project('property', ['test/property/**/*.test.ts'], 120_000),
      project('conformance', ['test/conformance/**/*.test.ts'], 300_000),
      project('attack', ['test/attack/**/*.test.ts'], 120_000),
      alone('load', ['test/load/**/*.test.ts']),
    ],
  },
})
