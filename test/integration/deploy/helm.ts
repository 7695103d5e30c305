import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { root } from '../../architecture/project.ts'

// Helm and kubeconform themselves, in a process of their own (test/peers/helm).

export const chart = join(root, 'deploy', 'helm', 'sallyport')
export const example = join(root, 'deploy', 'helm', 'examples', 'sidecar')

/** Values of a chart. */
export type Values = Readonly<Record<string, unknown>>

export interface Render {
  readonly chart: string
  readonly dependencies?: readonly string[]
  readonly values: Values
  readonly lint?: boolean
}

/** What became of one render. `refused`: why there are no manifests. `invalid`: what is wrong with one. */
export interface Rendered {
  readonly refused?: string
  readonly manifests:
    | readonly { readonly template: string; readonly text: string; readonly invalid: readonly string[] }[]
    | null
  readonly notes: string
  readonly lint: readonly string[] | null
}

interface Answer {
  readonly renders: readonly Rendered[] | null
  readonly validated: readonly (readonly string[])[] | null
}

/** Renders, lints and validates all of it in one process. */
export function helm(request: {
  readonly schemas: readonly string[]
  readonly renders?: readonly Render[]
  readonly validate?: readonly string[]
}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const program = join(root, 'build', 'peers', 'helm-peer')
    const child = execFile(program, { maxBuffer: 64 << 20 }, (error, stdout) =>
      error ? reject(error) : resolve(JSON.parse(stdout) as Answer),
    )
    child.stdin?.end(JSON.stringify(request))
  })
}

/** The values of a variant that is shipped. */
export const variant = async (name: string): Promise<Values> =>
  parse(await readFile(join(chart, 'variants', `${name}.yaml`), 'utf8')) as Values // of ours

/** A Kubernetes object that was rendered. */
export type KubernetesObject = {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly data?: Readonly<Record<string, string>>
  readonly spec?: Values
}

/** The objects of a render, parsed. Throws where it was refused. */
export function objectsOf({ refused, manifests }: Rendered): readonly KubernetesObject[] {
  if (refused !== undefined) throw new Error(refused)
  return (manifests ?? []).map(({ text }) => parse(text) as KubernetesObject)
}
