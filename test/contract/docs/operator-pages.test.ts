import { copyFile, readFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fencesOf } from '../../architecture/fences.ts'
import { projectFiles, read, root } from '../../architecture/project.ts'
import { eventually } from '../../support/eventually.ts'
import { createPageSession, type PageSession } from '../../support/page-session.ts'
import { ask, createSite, send, serve, type Serving, type Site, stop } from '../process/harness.ts'
import { handled } from './handled-elsewhere.ts'
import { notRun } from './not-run.ts'
import { hasCommands } from './shell-lines.ts'

// Commands for operators, as their pages have them, typed in beside a decision point that serves.

let site: Site
let pdp: Serving
let session: PageSession
/** What a page leaves to its reader, and what stands there here. */
let given: readonly (readonly [string, string])[] = []

beforeAll(async () => {
  site = await createSite()
  await site.configure({
    audit: { payloads: { days: 1 } },
    registry: {
      issuer: 'https://clients.example.org',
      from: 'file:clients.yaml',
      methods: { 'api-key': { environment: 'prod' } },
    },
  })
  await site.file('clients.yaml', 'clients: {}\n')
  pdp = await serve(site)
  const { id } = JSON.parse((await ask(pdp.decisions, site.key)).body) as { readonly id: string }
  await send(pdp.decisions, '/authorize/orders', {
    method: 'POST',
    headers: { authorization: `Bearer ${site.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ request: { method: 'GET', url: 'https://orders.example.org/v1/orders/42', headers: {} } }),
  })
  const checkpoint = join(site.folder, 'state/audit/tree/checkpoint')
  await eventually(async () => expect(Number((await readFile(checkpoint, 'utf8')).split('\n')[1])).toBeGreaterThan(3))
  for (const name of ['saved-checkpoint', 'earlier-checkpoint']) await copyFile(checkpoint, join(site.folder, name))
  await copyFile(join(site.folder, 'orders.tar.gz'), join(site.folder, 'new.tar.gz'))
  session = await createPageSession()
  await type(`cd ${site.folder}`)
  given = [
    ['0199c1a0-…', id],
    ['--vkey …', '--vkey state/keys/audit-log.vkey'],
    [' VKEY', ' "$(tail -n 1 state/keys/audit-log.vkey)"'],
    ['deploy/verify/', `${root}/deploy/verify/`],
    ['KEY_ID', `$(sallyport keys list checkout --json | sed -n 's/.*"id":"\\([^"]*\\)".*/\\1/p' | tail -n 1)`],
    ['http://127.0.0.1:7071', pdp.health],
  ]
}, 120_000)
afterAll(async () => {
  await session.end()
  await stop(pdp)
  await site.remove()
})

const type = (text: string) => session.follow({ page: 'here', line: 1, language: 'sh', words: ['run'], text })

/** Pages whose commands are typed in here. */
const pages = [
  'docs/audit.md',
  'docs/audit/query.md',
  'docs/audit/replay.md',
  'docs/identity/clients.md',
  'docs/operations.md',
  'docs/revocation.md',
]

const blocksOf = (page: string) =>
  fencesOf(page, read(page)).filter(
    (fence) =>
      fence.words.length === 0 &&
      ['sh', ''].includes(fence.language) &&
      hasCommands(fence.text) &&
      handled(fence) === undefined,
  )
const linesOf = (page: string) =>
  blocksOf(page).flatMap(({ text }) =>
    text
      .replaceAll(/\\\n */g, ' ')
      .trim()
      .split('\n'),
  )
const isNotRun = (page: string, line: string) => notRun.some((row) => row.page === page && line.startsWith(row.begins))

describe.each(pages)('%s', (page) => {
  test.each(linesOf(page).filter((line) => !isNotRun(page, line)))('%s', { timeout: 120_000 }, async (line) => {
    const typed = type(given.reduce((text, [from, to]) => text.replaceAll(from, to), line))
    await expect(typed).resolves.toBeUndefined()
  })
})

describe('every command of ours on a page', () => {
  test('is run here or in the session of its page, or not-run.ts says why not', () => {
    const all = projectFiles.filter((path) => path.endsWith('.md') && !pages.includes(path))
    const unsaid = all.flatMap((page) =>
      linesOf(page)
        .filter((line) => /\bsallyport /.test(line) && !isNotRun(page, line))
        .map((line) => `${page}: ${line}`),
    )
    expect(unsaid).toEqual([])
  })

  test('what is not run is on its page, and tests that are named are there', () => {
    const tests = notRun.map(({ because }) => because).filter((because) => because.startsWith('test/'))
    expect(tests.filter((path) => !existsSync(join(root, path)))).toEqual([])
    expect(notRun.filter(({ page, begins }) => !linesOf(page).some((line) => line.startsWith(begins)))).toEqual([])
  })
})
