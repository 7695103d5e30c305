import { parseArgs } from 'node:util'
import { measureSideBySide } from './side-by-side.ts'
import { works } from './works.ts'

// npm run bench [name] [-- --quick --json]: the shipped server beside OPA and Cerbos, all works or the named one; with the
// name of a micro-benchmark, that one in this process.

const micro: Readonly<Record<string, () => Promise<unknown>>> = {
  cache: () => import('./cache.ts'),
  decide: () => import('./decide.ts'),
  identity: () => import('./identity.ts'),
  methods: () => import('./methods.ts'),
  'read-set': () => import('./read-set.ts'),
  engine: () => import('./engine.ts'),
  audit: () => import('./audit.ts'),
  sdk: () => import('./sdk.ts'),
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
})
const [name] = positionals
const chosen = works.filter((work) => name === undefined || `${work.name}-`.startsWith(`${name}-`))
const inProcess = name === undefined ? undefined : micro[name]
if (inProcess) {
  await inProcess()
} else if (chosen.length > 0) {
  await measureSideBySide(chosen, values)
} else {
  const known = [...works.map((work) => work.name), ...Object.keys(micro)]
  console.error(`bench: nothing is called \`${name}\`; there are ${known.join(', ')}`)
  process.exitCode = 2
}
