import { type NoteVerifier, readCosignatureVerifier, readNoteVerifier } from '../tree/note-key.ts'

/** A witness of a policy. `url`: the prefix that it takes checkpoints under; absent for one that is not asked from here. */
export interface Witness {
  readonly name: string
  readonly key: NoteVerifier
  readonly url?: string
}

/**
 * Who must have cosigned a checkpoint before it counts (C2SP tlog-policy). `logs`: keys of logs; any, where there are none.
 * `reached`: whether these witnesses, by their names here, are a quorum.
 */
export interface WitnessPolicy {
  readonly logs: readonly NoteVerifier[]
  readonly witnesses: readonly Witness[]
  readonly reached: (cosigned: ReadonlySet<string>) => boolean
}

/** The outcome of reading a policy; `problem` names its line, counted from 1. */
export type ReadPolicy =
  | { readonly ok: true; readonly policy: WitnessPolicy }
  | { readonly ok: false; readonly problem: string }

type Member = (cosigned: ReadonlySet<string>) => boolean

/** What was read up to a line. `free`: defined names that are no member of a group yet. */
interface Reading {
  readonly logs: NoteVerifier[]
  readonly witnesses: Witness[]
  readonly members: Map<string, Member>
  readonly free: Set<string>
  readonly keys: Set<string>
  quorum?: Member
}

const maximumBytes = 65_536
const none = 'none'

/** Reads a policy file: strictly, since one that is misunderstood would count what must not be. */
export function readWitnessPolicy(file: Uint8Array): ReadPolicy {
  const text = Buffer.from(file).toString('latin1') // names are octets
  if (file.length > maximumBytes) return { ok: false, problem: `is longer than ${maximumBytes} bytes` }
  if (/[^\t\n\x20-\x7e\x80-\xff]/.test(text)) return { ok: false, problem: 'holds control characters' }
  const reading: Reading = { logs: [], witnesses: [], members: new Map(), free: new Set(), keys: new Set() }
  for (const [i, line] of text.split('\n').entries()) {
    const [keyword, ...words] = line.split(/[ \t]+/).filter((word) => word !== '')
    if (keyword === undefined || keyword.startsWith('#')) continue
    const readWords = readers.get(keyword)
    const problem = readWords ? readWords(words, reading) : `\`${keyword}\` is no keyword`
    if (problem !== undefined) return { ok: false, problem: `line ${i + 1}: ${problem}` }
  }
  const { logs, witnesses, quorum } = reading
  return quorum
    ? { ok: true, policy: { logs, witnesses, reached: quorum } }
    : { ok: false, problem: 'has no line `quorum`' }
}

/** Takes up the words of a line, and answers what is wrong with them. */
type ReadWords = (words: readonly string[], reading: Reading) => string | undefined

const readers: ReadonlyMap<string, ReadWords> = new Map(
  Object.entries<ReadWords>({
    log([vkey = '', url, ...more], { logs, keys }) {
      const key = readNoteVerifier(vkey)
      if (!key || more.length > 0) return 'must be `log VKEY [URL]`, of an Ed25519 key'
      if (url !== undefined && !URL.canParse(url)) return 'the address is no URL'
      logs.push(key)
      return isNew(`log ${rawKey(key)}`, keys) ? undefined : 'the key stands twice'
    },
    witness([name = '', vkey = '', url, ...more], { witnesses, members, free, keys }) {
      const key = readCosignatureVerifier(vkey)
      if (!key || more.length > 0) return 'must be `witness NAME VKEY [URL]`, of a key for Ed25519 cosignatures'
      if (url !== undefined && !URL.canParse(url)) return 'the address is no URL'
      if (name === none || members.has(name)) return `the name \`${name}\` is taken`
      members.set(name, (cosigned) => cosigned.has(name))
      free.add(name)
      witnesses.push({ name, key, ...(url !== undefined && { url }) })
      return isNew(`witness ${rawKey(key)}`, keys) ? undefined : 'the key stands twice'
    },
    group([name = '', threshold = '', ...names], { members, free }) {
      if (name === none || members.has(name)) return `the name \`${name}\` is taken`
      const needed = threshold === 'any' ? 1 : threshold === 'all' ? names.length : Number(threshold)
      if (names.length === 0 || !/^(?:any|all|[1-9][0-9]*)$/.test(threshold) || needed > names.length)
        return 'must be `group NAME all|any|K NAME…`, with K from 1 to the number of names'
      const parts: Member[] = []
      for (const each of names) {
        const part = members.get(each)
        if (!part) return `\`${each}\` is not defined before`
        if (!free.delete(each)) return `\`${each}\` is a member already`
        parts.push(part)
      }
      members.set(name, (cosigned) => parts.filter((part) => part(cosigned)).length >= needed)
      free.add(name)
      return undefined
    },
    quorum([name = '', ...more], reading) {
      const member = name === none ? () => true : reading.members.get(name)
      if (reading.quorum) return '`quorum` stands twice'
      if (!member || more.length > 0) return 'must be `quorum NAME`, of what is defined before, or `quorum none`'
      reading.quorum = member
      return undefined
    },
  }),
)

const rawKey = ({ publicKey }: NoteVerifier): string =>
  publicKey.export({ type: 'spki', format: 'der' }).toString('base64')

function isNew(key: string, keys: Set<string>): boolean {
  if (keys.has(key)) return false
  keys.add(key)
  return true
}
