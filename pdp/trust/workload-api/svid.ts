import { createPrivateKey, X509Certificate } from 'node:crypto'
import { clauses } from '../../core/clause.ts'
import { readMessage } from '../../core/protobuf/message.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import { seconds } from '../../core/time.ts'
import { splitCertificates } from '../split-certificates.ts'
import { workloadApiLimits, x509SvidResponse, type X509SvidResponse } from './messages.ts'
import { watchWorkloadApi, type WorkloadApiSurroundings } from './watch.ts'

export const workloadSvidClauses = clauses({
  identity: 'spiffe-workload-api-5.2.1-identity',
  chain: 'spiffe-workload-api-5.2.1-chain',
  key: 'spiffe-workload-api-5.2.1-key',
  bundle: 'spiffe-workload-api-5.2.1-bundle',
})

/** Our own X.509-SVID, in PEM: the chain with the leaf first, its key, and the authorities of our trust domain. */
export interface OwnSvid {
  readonly id: string
  readonly chain: string
  readonly privateKey: string
  readonly authorities: string
}

/** Our own identity, as the agent gives and renews it. */
export interface WorkloadSvid {
  /** The newest one, or why there never was any. It serves on while the agent is away. */
  current(): Result<OwnSvid>
  /** Begins to listen to the agent. Answers once there is an SVID or a reason why not, in 5 s at most. */
  start(): Promise<Result<OwnSvid>>
  close(): void
}

const startTimeout = seconds(5)

const notYet = refuse('TRUST_UNAVAILABLE', workloadSvidClauses.identity, 'workload api: the agent did not answer yet')

/** Makes what listens to an agent for our own X.509-SVID (SPIFFE Workload API §5.2.1). Of several the first is ours. */
export function createWorkloadSvid(surroundings: WorkloadApiSurroundings): WorkloadSvid {
  let svid: OwnSvid | undefined
  let reason: Refusal = notYet
  let stop = () => {}
  const current = (): Result<OwnSvid> => (svid ? ok(svid) : reason)
  return {
    current,
    async start() {
      await new Promise<void>((settle) => {
        const cancel = surroundings.schedule(startTimeout, settle)
        const done = () => {
          cancel()
          settle()
        }
        stop = watchWorkloadApi('FetchX509SVID', surroundings, {
          received(bytes) {
            const read = readMessage(x509SvidResponse, bytes, workloadApiLimits, 'TRUST_UNAVAILABLE')
            const own = read.ok ? readOwnSvid(read.value) : read
            if (own.ok) {
              svid = own.value
              done()
            }
            return own
          },
          alive: () => undefined,
          lost(why) {
            reason = why
            done()
          },
        })
      })
      return current()
    },
    close: () => stop(),
  }
}

function readOwnSvid({ svids: [first] }: X509SvidResponse): Result<OwnSvid> {
  if (!first) return refused(workloadSvidClauses.identity, 'the agent sends no identity')
  const chain = splitCertificates(first.certificates)
  const authorities = splitCertificates(first.bundle)
  const [leaf] = chain ?? []
  if (!chain || !leaf) return refused(workloadSvidClauses.chain, 'our SVID must be certificates in DER')
  if (!authorities?.length)
    return refused(workloadSvidClauses.bundle, 'the bundle of our SVID must be certificates in DER')
  try {
    const key = createPrivateKey({ key: Buffer.from(first.privateKey), format: 'der', type: 'pkcs8' })
    if (!new X509Certificate(leaf).checkPrivateKey(key)) throw new Error('of another certificate')
    const privateKey = key.export({ format: 'pem', type: 'pkcs8' }).toString()
    return ok({ id: first.spiffeId, chain: pemOf(chain), privateKey, authorities: pemOf(authorities) })
  } catch {
    return refused(workloadSvidClauses.key, 'key and certificate of our SVID do not belong together')
  }
}

const refused = (clause: (typeof workloadSvidClauses)[keyof typeof workloadSvidClauses], what: string) =>
  refuse('TRUST_UNAVAILABLE', clause, `workload api: ${what}`)

const pemOf = (certificates: readonly Buffer[]): string =>
  certificates.map((der) => `-----BEGIN CERTIFICATE-----\n${lines(der)}\n-----END CERTIFICATE-----\n`).join('')

const lines = (der: Buffer): string => der.toString('base64').replaceAll(/(.{64})(?=.)/g, '$1\n')
