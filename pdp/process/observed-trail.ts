import type { PdpStatus } from '../compose/pdp-status.ts'
import type { Observed } from '../telemetry/observed-gauges.ts'

/** The log as metrics tell of it, with who gets it; nothing of one in memory. */
export function observedTrail(audit: PdpStatus['audit']): Pick<Observed, 'log' | 'sinks' | 'witnessed' | 'checkpoint'> {
  const { writable, records, disk, tree, checkpointAgeSeconds: age, witnessed } = audit
  if (records === undefined || !disk || !tree) return {}
  const { freeBytes, reserveBytes } = disk
  const sinks = Object.entries(audit.sinks).map(([name, { next, size, deliveredAt, ...rest }]) => ({
    name,
    ...rest,
    behindRecords: Math.max(0, size - next),
    ...(deliveredAt !== undefined && { deliveredAtMs: deliveredAt }),
  }))
  const root = rootOf(tree.note)
  return {
    log: {
      records,
      covered: tree.size,
      freeBytes,
      reserveBytes,
      writable,
      ...(age !== undefined && { checkpointAgeSeconds: age }),
    },
    sinks,
    ...(root && { checkpoint: root }),
    ...(witnessed && {
      witnessed: {
        records: witnessed.size,
        ...(witnessed.ageSeconds !== undefined && { ageSeconds: witnessed.ageSeconds }),
      },
    }),
  }
}

const prefixBytes = 6

/** As much of a root as a number of Prometheus holds exactly. */
function rootOf(note: string | undefined): { readonly log: string; readonly root: number } | undefined {
  const [log = '', , root = ''] = note?.split('\n') ?? []
  const bytes = Buffer.from(root, 'base64')
  return bytes.length >= prefixBytes ? { log, root: bytes.readUIntBE(0, prefixBytes) } : undefined
}
