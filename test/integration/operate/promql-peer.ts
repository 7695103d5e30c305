import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../../build/peers/promql-peer', import.meta.url))

/** What an instance told at a second, in the format of its content type, under labels such as `job`. */
export interface Scrape {
  readonly at: number
  readonly type: string
  readonly labels: Readonly<Record<string, string>>
  readonly text: string
}

/** Series in the notation of promtool's tests of rules, a minute apart; minutes from which and to which rules are evaluated. */
export interface RuleCase {
  readonly series: readonly string[]
  readonly from: number
  readonly to: number
  readonly step: number
}

/** An alert that fires at the end, with its annotations as they are sent. */
export interface Firing {
  readonly alert: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface Judged {
  readonly errors: readonly string[]
  readonly rules: readonly { readonly name: string; readonly metrics: readonly string[] }[]
  readonly queries: readonly { readonly error?: string; readonly metrics: readonly string[]; readonly series: number }[]
  readonly scraped: readonly string[]
  readonly cases: readonly (readonly Firing[])[]
}

/** Asks Prometheus' own parser and engine. */
export async function judge(request: {
  readonly rules: string
  readonly queries?: readonly string[]
  readonly scrapes?: readonly Scrape[]
  readonly cases?: readonly RuleCase[]
}): Promise<Judged> {
  const text = await new Promise<string>((resolve, reject) => {
    const child = execFile(program, { maxBuffer: 64 << 20 }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    )
    child.stdin?.end(JSON.stringify(request))
  })
  return JSON.parse(text) as Judged // the peer's own form
}
