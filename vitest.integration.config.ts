import { defineConfig } from 'vitest/config'

/** Against real peers, which `npm run setup:peers` installs. One file at a time: they start servers and measure. */
export default defineConfig({
  test: {
    name: 'integration',
    include: ['test/integration/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
})
