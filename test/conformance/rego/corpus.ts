import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib'

/**
 * One case of OPA's suite, compiled. Documents are JSON texts, the empty text where there is none; `input` may be any
 * Rego term. `module` counts the distinct modules in the order in which {@link readModules} yields them.
 */
export interface ConformanceCase {
  readonly folder: string
  readonly file: string
  readonly index: number
  readonly note: string
  readonly module: number
  readonly data?: string
  readonly input?: string
  readonly wantDefined?: boolean
  readonly wantResult?: string
  readonly wantErrorCode?: string
  readonly wantError?: string
  readonly sortBindings?: boolean
  readonly ignoreGeneratedVars?: boolean
  readonly strictError?: boolean
  /** Why OPA's own run over WebAssembly leaves the case out. */
  readonly excepted?: string
}

const root = join(import.meta.dirname, '..', '..', '..')
const folder = join(root, 'build', 'conformance')
const modulesFile = join(folder, 'modules.zst')
const casesFile = join(folder, 'cases.jsonl')
const plansFile = join(folder, 'plans.jsonl')
const stampFile = join(folder, 'stamp')
const sources = ['rego/conformance/main.go', 'rego/conformance/plan.go', 'rego/go.mod', 'rego/go.sum'].map((path) =>
  join(root, path),
)
const opa = 'github.com/open-policy-agent/opa'

// The modules are much alike over long distances: a window of 128 MiB makes 372 MB into less than one.
const windowLog = 27

/** Compiles the cases of the pinned OPA module into build/conformance, unless that was done from these sources. */
export async function buildCorpus(): Promise<void> {
  const hash = createHash('sha256')
  for (const path of sources) hash.update(readFileSync(path))
  const stamp = hash.digest('hex')
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return
  mkdirSync(folder, { recursive: true })
  const listed = spawnSync('go', ['list', '-m', '-f', '{{.Dir}}', opa], { cwd: join(root, 'rego'), encoding: 'utf8' })
  const module = listed.stdout.trim()
  if (listed.status !== 0 || module === '') throw new Error(`go does not find the module ${opa}: ${listed.stderr}`)
  const fresh = (path: string): string => `${path}.${process.pid}`
  const compiler = spawn('go', ['run', './conformance', module, fresh(casesFile), fresh(plansFile)], {
    cwd: join(root, 'rego'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>((resolve) => compiler.once('exit', resolve))
  const params = {
    [constants.ZSTD_c_enableLongDistanceMatching]: 1,
    [constants.ZSTD_c_windowLog]: windowLog,
    [constants.ZSTD_c_compressionLevel]: 3,
  }
  await pipeline(compiler.stdout, createZstdCompress({ params }), createWriteStream(fresh(modulesFile)))
  const files = [modulesFile, casesFile, plansFile]
  if ((await ended) !== 0) {
    for (const path of files) rmSync(fresh(path), { force: true })
    throw new Error('the cases of the conformance suite cannot be compiled; the output above says why')
  }
  for (const path of files) renameSync(fresh(path), path)
  writeFileSync(stampFile, stamp)
}

/** The cases of the corpus that {@link buildCorpus} made. */
export function readCases(): readonly ConformanceCase[] {
  const lines = readFileSync(casesFile, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as ConformanceCase) // our own program wrote it
}

/** The plans (OPA's intermediate representation) of the cases that have input, by number of their module. */
export function readPlans(): ReadonlyMap<number, unknown> {
  const lines = readFileSync(plansFile, 'utf8').split('\n').filter(Boolean)
  return new Map(
    lines.map((line) => {
      const { module, plan }: { readonly module: number; readonly plan: unknown } = JSON.parse(line)
      return [module, plan]
    }),
  )
}

/** The distinct modules, one after the other: all of them at once would take 400 MB. */
export async function* readModules(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const params = { [constants.ZSTD_d_windowLogMax]: windowLog }
  const stream = createReadStream(modulesFile).pipe(createZstdDecompress({ params }))
  let pieces: Buffer[] = []
  let held = 0
  let wanted: number | undefined
  for await (const piece of stream as AsyncIterable<Buffer>) {
    pieces.push(piece)
    held += piece.length
    while (held >= (wanted ?? 4)) {
      const whole = pieces.length === 1 ? (pieces[0] ?? Buffer.alloc(0)) : Buffer.concat(pieces)
      const end = wanted ?? 4
      const taken = whole.subarray(0, end)
      pieces = [whole.subarray(end)]
      held -= end
      if (wanted === undefined) wanted = taken.readUInt32LE(0)
      else {
        wanted = undefined
        yield new Uint8Array(taken)
      }
    }
  }
}
