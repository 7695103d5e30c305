import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import { clauses } from '../../core/clause.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { canonicalJson } from './canonical-json.ts'

export const fileHashClauses = clauses({
  document: 'bundle-signature-document',
})

/** The hashes a signature may state for a file, as OPA names them. */
export type FileHash = 'SHA-256' | 'SHA-384' | 'SHA-512'

const hashes: ReadonlyMap<string, FileHash> = new Map([
  ['SHA-256', 'SHA-256'],
  ['SHA-384', 'SHA-384'],
  ['SHA-512', 'SHA-512'],
])

/** The accepted hash of that name, compared exactly. OPA's MD5, SHA-1 and short forms of SHA-2 are not among them. */
export const fileHashNamed = (name: string): FileHash | undefined => hashes.get(name)

const nodeNames: Readonly<Record<FileHash, string>> = { 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' }

// `IsStructuredDoc` of OPA's v1/bundle/bundle.go
const structured = new Set(['data.json', 'data.yaml', '.manifest', 'signatures.json'])

/**
 * The hash of one file of a bundle, lowercase hexadecimal, as OPA reckons it: of documents, over their canonical text,
 * so that space and the order of members do not count; of everything else, over its bytes. Refuses (POLICY_ERROR) a
 * document that has no such text: OPA would read it as YAML, or two documents as one.
 */
export function hashFile(name: string, bytes: Uint8Array, algorithm: FileHash): Result<string> {
  if (!structured.has(name.slice(name.lastIndexOf('/') + 1))) return ok(hash(nodeNames[algorithm], bytes, 'hex'))
  const text = isUtf8(bytes) ? canonicalJson(Buffer.from(bytes).toString('utf8')) : undefined
  return text === undefined
    ? refuse(
        'POLICY_ERROR',
        fileHashClauses.document,
        `\`${name}\` must be well-formed JSON in UTF-8 with each member name once and no lone surrogate`,
      )
    : ok(hash(nodeNames[algorithm], text, 'hex'))
}
