import { defineConfig } from 'vitest/config'

const project = (name: string, include: readonly string[], testTimeout = 20_000) => ({
  test: { name, include: [...include], testTimeout },
})

export default defineConfig({
  test: {
    projects: [
      project('unit', ['test/unit/**/*.test.ts']),
      project('contract', ['test/contract/**/*.test.ts', 'test/*.test.ts'], 60_000),
      project('property', ['test/property/**/*.test.ts'], 120_000),
      project('conformance', ['test/conformance/**/*.test.ts'], 300_000),
      project('attack', ['test/attack/**/*.test.ts'], 120_000),
    ],
  },
})
