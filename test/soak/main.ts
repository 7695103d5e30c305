import { parseArgs } from 'node:util'
import { soakDifferential } from './differential/soak.ts'
import { soakBundles } from './bundles/soak.ts'
import { soakEnvoy } from './envoy/soak.ts'
import { soakFleet } from '../fleet/soak.ts'
import { soakMemory } from './memory/soak.ts'
import { soakSecrets } from './secrets/soak.ts'
import { soakSyscalls } from './syscalls/soak.ts'
import { soakReplay } from './replay/soak.ts'

// npm run soak -- bundles [--decisions N --json]: 200,000 asks while 20 bundles take each other's place.
// npm run soak -- differential [--seconds N --seed S --json]: our engine beside OPA's own two, on the same questions.
// npm run soak -- envoy [--seconds N --json]: calls to ext_authz, a third given up, straight and through Envoy; ten minutes.
// npm run soak -- fleet [--seconds N --seed S --json]: three instances over a real Redis, with faults; ten minutes.
// npm run soak -- memory [--evaluations N --json]: what evaluations, a tenth of them aborted, leave behind in memory.
// npm run soak -- secrets [--decisions N --json]: whether an unknown id and a wrong secret take as long, after a planted leak.
// npm run soak -- syscalls: a fault at every single call by which the audit log writes; needs strace, many minutes.
// npm run soak -- replay [--decisions N --json]: recorded decisions evaluated again, with a planted rule first.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    evaluations: { type: 'string' },
    decisions: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})

const soaks: Readonly<Record<string, () => Promise<boolean>>> = {
  bundles: () => soakBundles(Number(values.decisions ?? 200_000), values.json),
  differential: () =>
    soakDifferential({
      seed: Number(values.seed),
      json: values.json,
      ...(values.seconds !== undefined && { seconds: Number(values.seconds) }),
    }),
  envoy: () => soakEnvoy({ seconds: Number(values.seconds ?? 600), json: values.json }),
  fleet: () => soakFleet({ seconds: Number(values.seconds ?? 600), seed: Number(values.seed), json: values.json }),
  memory: () => soakMemory({ evaluations: Number(values.evaluations ?? 5_000_000), json: values.json }),
  secrets: () => soakSecrets(Number(values.decisions ?? 200_000), values.json),
  syscalls: soakSyscalls,
  replay: () => soakReplay(Number(values.decisions ?? 100_000), values.json),
}

const soak = soaks[positionals[0] ?? '']
if (!soak) {
  console.error(`soak: name one of ${Object.keys(soaks).join(', ')}`)
  process.exitCode = 2
} else process.exit((await soak()) ? 0 : 1) // see test/fleet/main.ts
