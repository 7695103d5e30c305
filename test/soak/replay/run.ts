import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildBundle } from '../../../pdp/cli/build-bundle.ts'
import { createPdp } from '../../../pdp/compose/pdp.ts'
import { parseConfig } from '../../../pdp/config/read-config.ts'
import type { Ask, Question } from '../../../pdp/core/ask.ts'
import { instant } from '../../../pdp/core/time.ts'
import { systemSurroundings } from '../../../pdp/process/system.ts'
import { createRegoToolchain } from '../../../pdp/rego/toolchain.ts'
import { command } from '../../unit/cli/harness.ts'
import { bearer, createAsk, svid, svidKey, trustDomain } from '../../support/world.ts'

/** What a replay printed as JSON, and its exit code. */
export interface Replayed {
  readonly code: number
  readonly replayed: number
  readonly sameBundle: number
  readonly different: number
  readonly beforePolicy: number
  readonly notReplayable: Readonly<Record<string, number>>
  readonly differences: readonly { readonly kind: string; readonly before: object; readonly after: object }[]
}

/**
 * - `planted`: with a policy in which one rule was changed; `expected`: how many decisions that rule had made.
 * - `same`: with the very bundle that decided. `reused`: how many of the decisions had an answer from the cache.
 */
export interface ReplaySoak {
  readonly decisions: number
  readonly expected: number
  readonly reused: number
  readonly planted: Replayed
  readonly same: Replayed
  readonly seconds: number
  readonly folder: string
}

const source = fileURLToPath(new URL('./shop.rego', import.meta.url))

/** Decides through a whole decision point that keeps payloads, then replays what it recorded. */
export async function runReplay(
  decisions: number,
  then: (soak: ReplaySoak) => Promise<void> | void = () => undefined,
): Promise<ReplaySoak> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-replay-'))
  try {
    const rego = await readFile(source, 'utf8')
    const bundle = await build(folder, 'shop', rego)
    const changed = await build(folder, 'changed', rego.replace('input.resource.id != "9"', 'input.resource.id != "8"'))
    const began = performance.now()
    const { expected, reused } = await decideMany(folder, bundle, decisions)
    const log = join(folder, 'state', 'audit')
    const planted = await replay(log, changed)
    const same = await replay(log, bundle)
    const seconds = (performance.now() - began) / 1_000
    const soak = { decisions, expected, reused, planted, same, seconds, folder }
    await then(soak)
    return soak
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function build(folder: string, name: string, rego: string): Promise<string> {
  const policies = join(folder, name)
  await mkdir(policies)
  await writeFile(join(policies, 'shop.rego'), rego)
  const definition = join(folder, `${name}.yaml`)
  const entrypoints = '{ name: shop, policies: [./NAME], entrypoints: [shop/decision], roots: [shop] }'
  await writeFile(definition, entrypoints.replace('NAME', name))
  const toolchain = createRegoToolchain()
  try {
    const { archive } = await buildBundle(definition, toolchain)
    await writeFile(join(folder, `${name}.tar.gz`), archive)
    return join(folder, `${name}.tar.gz`)
  } finally {
    await toolchain.close()
  }
}

async function decideMany(folder: string, bundle: string, decisions: number) {
  await writeFile(join(folder, 'trust.json'), JSON.stringify({ keys: [svidKey.jwk] }))
  const parsed = parseConfig({
    services: {
      shop: {
        audiences: ['https://orders.example.org'],
        environment: 'production',
        peps: ['gateway'],
        obligations: ['filter'],
      },
    },
    peps: { gateway: { none: true } },
    trust: [{ spiffe: trustDomain, from: `file:${join(folder, 'trust.json')}`, environment: 'production' }],
    bundles: { shop: { file: bundle, unsigned: true } },
    state: join(folder, 'state'),
    audit: { payloads: { days: 2 } },
  })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const pdp = await createPdp(parsed.value, systemSurroundings())
  const service = pdp.services.get('shop')
  const pep = pdp.peps.get('gateway')
  if (!service || !pep) throw new Error('the configuration has another service')
  const token = bearer(svid({ now: instant(Date.now()) }))
  let expected = 0
  let reused = 0
  try {
    for (let n = 0; n < decisions; ) {
      const asks = Array.from({ length: Math.min(64, decisions - n) }, () => askOf(n++))
      const answers = await Promise.all(asks.map((ask) => pdp.decide({ ...ask, service, pep })))
      for (const [i, { verdicts }] of answers.entries()) {
        if (asks[i]?.questions.some((question) => isWriteOf(question, '8') || isWriteOf(question, '9'))) expected++
        if (verdicts.some(({ evaluated }) => evaluated?.filledBy !== undefined)) reused++
      }
    }
  } finally {
    await pdp.close()
  }
  return { expected, reused }

  function askOf(n: number): Ask {
    // every 50th presents nothing, and is refused before policy
    const presented = n % 50 === 49 ? {} : { headers: token }
    return createAsk({
      ...presented,
      questions: questionsOf(n),
      context: { obligation: n % 7 === 0 ? 'unknown' : 'filter' },
    })
  }
}

const actions = ['draw', 'read', 'list', 'write', 'list'] as const

/** Mostly one question; every 20th ask has three. */
function questionsOf(n: number): readonly [Question, ...Question[]] {
  const question = (k: number): Question => ({
    action: { name: actions[k % actions.length] ?? 'draw' },
    resource: { type: 'item', id: String(Math.trunc(k / 5) % 23) },
  })
  return n % 20 === 19 ? [question(n), question(n + 1), question(n + 2)] : [question(n)]
}

const isWriteOf = ({ action, resource }: Question, id: string): boolean =>
  action?.['name'] === 'write' && resource?.['id'] === id

async function replay(log: string, bundle: string): Promise<Replayed> {
  const { code, out, said } = await command(['audit', 'replay', log, '--bundle', bundle, '--json'])
  if (out === '') throw new Error(said)
  const report = JSON.parse(out) as Omit<Replayed, 'code'>
  return { code, ...report }
}
