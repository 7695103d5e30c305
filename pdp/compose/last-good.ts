import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import { deriveKey } from '../keys/derive.ts'
import { createSealer } from '../net/sealer.ts'
import { createDocumentFolder } from '../trust/document-folder.ts'
import type { OwnSecrets } from './own-secret.ts'
import type { LastGood } from './trust.ts'

/** Where keys from elsewhere are kept for the next start; nowhere for a demonstration, which leaves nothing behind. */
export function lastGoodOf(
  { state, audit }: Config,
  [secret, ...before]: OwnSecrets,
  say: LastGood['say'],
): LastGood | undefined {
  if (audit.mode === 'memory') return undefined
  const sealer = createSealer([deriveKey(secret, 'trust/v1'), ...before.map((one) => deriveKey(one, 'trust/v1'))])
  const folder = join(state, 'trust')
  return {
    say,
    storeOf: (source) => createDocumentFolder(source, { folder, sealer, say: (line) => say(`trust: ${line}`) }),
  }
}
