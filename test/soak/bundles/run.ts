import { rm, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Pdp } from '../../../pdp/compose/pdp.ts'
import { instant, seconds } from '../../../pdp/core/time.ts'
import { createHttpSource } from '../../../pdp/policy/sources/http-source.ts'
import { signers } from '../../contract/policy/bad-bundles.ts'
import { askAbout, createBundlePlace } from '../../contract/policy/bundle-harness.ts'
import { startBundleServer } from '../../support/bundle-server.ts'
import { json, manifest, signedArchive } from '../../unit/policy/signed-files.ts'
import { compileTestPolicy } from '../../unit/policy/test-policy.ts'

/** What was asked, what was answered, and the revision that the answer names. */
export type Answered = readonly [asked: number, code: string, revision: string | undefined]

/** Revision `rN` allows N and nothing else. What is wrong with answers, in the order in which they were asked for. */
export function wrongAnswers(answers: readonly Answered[]): readonly Answered[] {
  let newest = 0
  return answers.filter(([asked, code, revision = '']) => {
    const decided = Number(/^r(\d+)$/.exec(revision)?.[1])
    const expected = decided === asked ? 'ALLOWED' : 'POLICY_DENIED'
    const wrong = code !== expected || decided < newest
    newest = Math.max(newest, decided || 0)
    return wrong
  })
}

export interface SwapReport {
  readonly asks: number
  readonly activations: number
  /** By how many revisions answers were given. */
  readonly revisions: number
  /** Asks that were under way while a bundle took the place of another. */
  readonly across: number
  readonly wrong: readonly Answered[]
}

/** Asks without a pause, `atOnce` at a time, while bundles take each other's place: handed over, or of a server. */
export async function swapUnderLoad(
  asks: number,
  activations: number,
  { atOnce = 16, from = 'hand' }: { readonly atOnce?: number; readonly from?: 'hand' | 'server' } = {},
): Promise<SwapReport> {
  const { wasm } = await compileTestPolicy({ rego: 'package t\n\ndecision := data.t.answer == input.context.answer\n' })
  const [key] = signers
  const archive = (n: number) =>
    signedArchive(
      {
        '.manifest': json({ ...manifest, revision: `r${n}` }),
        'data.json': json({ t: { answer: n } }),
        'policy.wasm': wasm,
      },
      key,
      { claims: { sequence: n } },
    )
  const place = await createBundlePlace()
  const server = await startBundleServer()
  const source = createHttpSource({ url: server.url, timeout: seconds(30), maximumBytes: 1 << 20 }, () =>
    instant(Date.now()),
  )
  const offered = async (n: number) => {
    if (from === 'hand') return archive(n)
    server.publish(archive(n))
    const answer = await source.ask('now', new AbortController().signal)
    if (!answer.ok || answer.value === 'unchanged') throw new Error(`the server did not answer bundle ${n}`)
    return answer.value
  }
  let pdp: Pdp | undefined
  try {
    await writeFile(place.file, archive(1))
    const config = place.config((bundle) => {
      bundle['threshold'] = 1
      delete bundle['audience']
    })
    let swaps = 0
    pdp = await place.start({ config, events: { bundleTold: () => void swaps++ } })
    const running = pdp
    const answers: Answered[] = []
    const perRevision = asks / (activations + 1)
    const turn = async () => new Promise((resolve) => setImmediate(resolve))
    let begun = 0
    let active = 1
    let across = 0
    async function ask(): Promise<void> {
      while (begun < asks || active <= activations) {
        // slower once more than half of what is to be asked of one revision was, so that enough is left for the others
        if (active <= activations && begun >= (active + 0.5) * perRevision) await delay(5)
        const at = begun++
        const [asked, before] = [active + (at % 2), swaps]
        const [code, revision] = await askAbout(running, asked)
        answers[at] = [asked, code, revision]
        if (swaps !== before) across++
      }
    }
    async function activate(): Promise<void> {
      for (let n = 2; n <= activations + 1; n++) {
        while (begun < (n - 1) * perRevision) await turn()
        const { outcome } = await running.updateBundle('t', await offered(n))
        if (outcome !== 'activated') throw new Error(`bundle ${n} was not activated`)
        active = n
      }
    }
    await Promise.all([activate(), ...Array.from({ length: atOnce }, ask)])
    const revisions = new Set(answers.map(([, , revision]) => revision)).size
    return { asks: answers.length, activations, revisions, across, wrong: wrongAnswers(answers) }
  } finally {
    await pdp?.close()
    await server.down()
    await rm(place.folder, { recursive: true })
  }
}
