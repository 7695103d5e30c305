import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPageSession, type PageSession, sessionFences } from '../../support/page-session.ts'
import { envoyProgram } from './envoy.ts'

// The tutorial for who runs Envoy, followed from top to bottom with a real one.

const page = 'docs/tutorials/envoy.md'
let session: PageSession
beforeAll(async () => {
  const envoy = `#!/bin/bash\nexec ${envoyProgram} --use-dynamic-base-id --concurrency 1 "$@"\n`
  session = await createPageSession({ envoy })
})
afterAll(() => session.end())

test(`followed from top to bottom: ${page}`, async () => {
  const fences = sessionFences(page)
  expect(fences.length).toBeGreaterThan(20)
  for (const fence of fences) {
    await session.follow(fence).catch((error: unknown) => {
      throw new Error(`${page}:${fence.line}: ${String(error)}`)
    })
  }
})
