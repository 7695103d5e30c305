import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { instant } from '../core/time.ts'
import { type Redis, redisScript } from '../net/redis.ts'
import type { Sealer } from '../net/sealer.ts'

export const sharedDocumentClauses = clauses({
  answered: 'shared-document-answered',
  sealed: 'shared-document-sealed',
  sequence: 'shared-document-sequence',
})

/** A text that instances share, with its number: each that is written has a higher one. */
export interface Numbered {
  readonly sequence: number
  readonly text: string
}

/**
 * One text in Redis, sealed with its number: whoever can write there can write none that counts, and only put back one that
 * counted before. That is refused by whoever has seen a later one.
 */
export interface SharedDocument {
  /** `sequence` 0 where there is none. Errors: TRUST_UNAVAILABLE. */
  read(): Promise<Result<Numbered>>
  /** Replaces the one of that number. `changed`: another was written meanwhile; nothing is. */
  write(text: string, before: Numbered): Promise<'written' | 'changed' | 'unknown'>
}

const replaceScript = redisScript(`
local now = redis.call('GET', KEYS[1]) or ''
if now ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
`)

const none: Numbered = { sequence: 0, text: '' }
const forEver = instant(8.64e15)
const anyTime = instant(0)

export interface SharedDocumentParts {
  readonly redis: Pick<Redis, 'get' | 'run'>
  readonly key: string
  readonly sealer: Sealer
}

export function createSharedDocument({ redis, key, sealer }: SharedDocumentParts): SharedDocument {
  let newest = none
  let stored = '' // as it stands in Redis, of what was read last

  function open(value: string): Result<Numbered> {
    if (value === '') return newest.sequence === 0 ? ok(none) : older
    const opened = sealer.open(key, Buffer.from(value, 'base64'), anyTime)
    const [, number, text] = opened.ok ? (/^([1-9][0-9]{0,14})\n([^]*)$/.exec(opened.value.toString('utf8')) ?? []) : []
    if (number === undefined || text === undefined) return foreign
    const read = { sequence: Number(number), text }
    if (read.sequence < newest.sequence) return older
    newest = read
    return ok(read)
  }

  return {
    async read() {
      const answer = await redis.get(key)
      if (!answer.ok) return unreachable
      const value = answer.value?.toString('latin1') ?? ''
      if (value === stored && value !== '') return ok(newest)
      const read = open(value)
      if (read.ok) stored = value
      return read
    },
    async write(text, { sequence }) {
      if (sequence !== newest.sequence) return 'changed'
      const sealed = sealer.seal(key, Buffer.from(`${sequence + 1}\n${text}`, 'utf8'), forEver).toString('base64')
      const answer = await redis.run(replaceScript, [key], [stored, sealed])
      if (!answer.ok) return 'unknown'
      return answer.value === 1 ? 'written' : 'changed'
    },
  }
}

const unreachable = refuse('TRUST_UNAVAILABLE', sharedDocumentClauses.answered, 'Redis does not answer')
const foreign = refuse(
  'TRUST_UNAVAILABLE',
  sharedDocumentClauses.sealed,
  'what stands in Redis is nothing of this fleet',
)
const older = refuse(
  'TRUST_UNAVAILABLE',
  sharedDocumentClauses.sequence,
  'what stands in Redis is older than what was read before: somebody put it back',
)
