import { text } from 'node:stream/consumers'
import { createReadStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Ask } from '../../core/ask.ts'
import type { Config } from '../../config/schema.ts'
import { readRequestFacts, type RequestFacts } from '../../core/request-facts.ts'
import type { Service } from '../../core/service.ts'
import { instant, plus, seconds } from '../../core/time.ts'
import { uuidV7 } from '../../core/uuid-v7.ts'
import { vouchOf } from '../../compose/services.ts'
import { ownSecretsOf } from '../../compose/own-secret.ts'
import { makeSecret } from '../../keys/own-secret.ts'
import { startRefusals } from '../../process/start-refusals.ts'
import { type ConfigFlags, loadFlags, sayProblems } from '../config-flags.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { type GateSurroundings, openGate } from './open-gate.ts'
import { findJudged } from './find-judged.ts'
import { printReport } from './print-report.ts'
import { type PresentedAs, presentedAs, readPresented } from './read-presented.ts'
import { type InspectReport, reportOf } from './report.ts'

/** `request`: the method and URL that a proof is for, as in `GET https://orders.example.org/v1/orders/42`. */
export interface InspectFlags extends ConfigFlags {
  readonly service?: string
  readonly as?: string
  readonly request?: string
  readonly json?: boolean
}

/**
 * `inspect`: what the first gate says of a credential, check by check, with this configuration. The credential comes from
 * a file or stdin and is never told; issuers are asked as the server asks them.
 */
export async function inspectCredential(
  file: string | undefined,
  flags: InspectFlags,
  terminal: Terminal,
): Promise<number> {
  const { say, out } = terminal
  const asked = readFlags(flags)
  if (typeof asked === 'string') {
    say(asked)
    return exitCodes.usage
  }
  const loaded = await loadFlags(flags, terminal)
  const problems = loaded.ok
    ? startRefusals(loaded.config, { demo: false, environment: terminal.environment })
    : loaded.problems
  if (!loaded.ok || problems.length > 0) {
    sayProblems(problems, terminal)
    return exitCodes.invalid
  }
  const presented = await readGiven(file).catch(() => undefined)
  if (presented === undefined) {
    say(`${file ?? 'stdin'}: cannot be read, or is longer than ${maximumLength} characters`)
    return exitCodes.usage
  }
  try {
    const surroundings = await surroundingsOf(loaded.config, terminal)
    const report = await inspect(presented, loaded.config, asked, surroundings, say)
    if (typeof report === 'string') {
      say(report)
      return exitCodes.usage
    }
    out(flags.json === true ? `${JSON.stringify(report)}\n` : printReport(report))
    return report.verdict === 'accepted' ? exitCodes.ok : exitCodes.unverifiable
  } catch (error) {
    say(error instanceof Error ? error.message : 'an unknown fault')
    return exitCodes.invalid
  }
}

const maximumLength = 65_536

async function readGiven(file: string | undefined): Promise<string | undefined> {
  const stream = file === undefined || file === '-' ? process.stdin : createReadStream(file, { end: maximumLength })
  const given = await text(stream)
  return given.length > maximumLength ? undefined : given
}

async function surroundingsOf(
  config: Config,
  { randomBytes, environment }: Terminal,
): Promise<GateSurroundings & Ambient> {
  // looking at a credential makes no secret: where the server has none yet, it has given no nonce either
  const none = !config.fleet && !existsSync(join(config.state, 'keys', 'own.secret'))
  const [secret] = none ? [makeSecret(randomBytes)] : await ownSecretsOf(config, { randomBytes, environment })
  return { clock: () => instant(Date.now()), random: Math.random, randomBytes, secret }
}

interface Ambient {
  readonly randomBytes: (length: number) => Uint8Array
}

/** What the flags ask: which service, where a bare token stands, and the request that proofs are for. */
export interface Asked {
  readonly service?: string
  readonly as?: PresentedAs
  readonly request?: RequestFacts
}

function readFlags({ service, as, request }: InspectFlags): Asked | string {
  const known = presentedAs.find((place) => place === as)
  if (as !== undefined && !known) return `--as must be one of ${presentedAs.join(', ')}`
  const [method = '', url = '', more] = request?.split(' ') ?? []
  const facts = request === undefined ? undefined : readRequestFacts(method, url)
  if (facts?.ok === false || more !== undefined)
    return '--request must be a method and an absolute URL: "GET https://…"'
  return {
    ...(service !== undefined && { service }),
    ...(known && { as: known }),
    ...(facts && { request: facts.value }),
  }
}

/** Asks the first gate about what is presented. Answers its report, or what the user must change. */
export async function inspect(
  given: string,
  config: Config,
  { service: name, as, request }: Asked,
  { randomBytes, ...surroundings }: GateSurroundings & Ambient,
  say: Terminal['say'],
): Promise<InspectReport | string> {
  const presented = readPresented(given, as)
  if (!presented.ok) return presented.message
  const names = Object.keys(config.services)
  const gate = await openGate(config, surroundings)
  try {
    const service = gate.services.get(name ?? (names.length === 1 ? (names[0] ?? '') : ''))
    if (!service) return `--service must be one of ${names.join(', ')}`
    for (const problem of gate.problems) say(problem)
    const ask: Ask = {
      door: 'inspect',
      service,
      pep: enforcementPointOf(service, config),
      evidence: presented.evidence,
      questions: [{}],
      context: {},
      ...(request && { request }),
    }
    const now = surroundings.clock()
    const frame = { id: uuidV7(now, randomBytes(10)), now, deadline: plus(now, seconds(10)) }
    const answer = await gate.verify(ask, frame)
    const found = await findJudged(ask, answer, gate.verify, frame)
    return reportOf({ answer, config, service, frame, answered: gate.answered(), found })
  } finally {
    gate.close()
  }
}

/** As the enforcement points of the service together: what one of them may vouch for. */
function enforcementPointOf({ name }: Service, { services, peps, tls }: Config): Ask['pep'] {
  const own = services[name]?.peps ?? []
  const vouches = own.map((pep) => vouchOf(tls, peps[pep]?.vouch))
  return {
    name: 'inspect',
    services: new Set([name]),
    authentication: { kind: 'none' },
    vouch: {
      peerCertificate: vouches.some(({ peerCertificate }) => peerCertificate),
      xfccFrom: new Set(vouches.flatMap(({ xfccFrom }) => [...(xfccFrom ?? [])])),
      clientCertFrom: new Set(vouches.flatMap(({ clientCertFrom }) => [...(clientCertFrom ?? [])])),
    },
  }
}
