import type { Frame } from '../core/frame.ts'
import { ok, type Refusal, type Result } from '../core/result.ts'
import type { CertificateCredential } from '../core/credential.ts'
import type { AnchorSource, PathAidSource } from '../seams.ts'
import { buildPath, buildPathClauses } from '../x509/build-path.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { Path } from '../x509/path.ts'
import { readCertificate } from '../x509/read-certificate.ts'
import { purposes } from '../x509/usage-extensions.ts'
import { createKnownAnchors } from './known-anchors.ts'

/**
 * What one kind of certificate asks beyond a path.
 *
 * - `inspect`: what must hold before one is looked for. `conclude`: what a path that was found proves.
 * - `purpose`: an extended key usage that the whole path must allow; of clients by default.
 * - `noPath`: the detail where there is none, with what the operator can do.
 */
export interface ChainRules<Proven> {
  readonly inspect: (leaf: Certificate, sent: readonly Certificate[]) => Refusal | undefined
  readonly conclude: (leaf: Certificate, path: Path, credential: CertificateCredential) => Result<Proven>
  readonly purpose?: string
  readonly noPath: string
}

/** Where the authorities of a kind of certificate come from, and what helps to build paths to them. */
export interface ChainTrust {
  readonly trust: AnchorSource
  readonly aids?: PathAidSource
}

const maximumIntermediates = 5

/**
 * Makes what proves a chain of a TLS client under the authorities of one source (RFC 5280 §6.1). The authorities are
 * trusted as they stand. What a chain was found to prove is remembered with the authorities and the aids it was good
 * under, and for as long as it is valid; revocation by this project's own view is not asked here.
 */
export function createProveChain<Proven>(
  { trust, aids }: ChainTrust,
  { inspect, conclude, purpose = purposes.clientAuth, noPath }: ChainRules<Proven>,
): (credential: CertificateCredential, frame: Frame) => Promise<Result<Proven>> {
  const knownAnchors = createKnownAnchors<Proven>(trust, aids)
  return async function proveChain(credential, frame) {
    const known = await knownAnchors(frame)
    if (!known.ok) return known
    const { anchors, intermediates, lists, find, put } = known.value
    const { now } = frame
    const before = find(credential.digest, now)
    if (before) return ok(before)
    const chain = readChain(credential)
    if (!chain.ok) return chain
    const [leaf, ...sent] = chain.value
    const wrong = inspect(leaf, sent)
    if (wrong) return wrong
    const path = buildPath({
      leaf,
      intermediates: [...sent, ...intermediates],
      anchors,
      lists,
      now,
      rules: { profile: 'leaf', purpose, maximumIntermediates },
    })
    if (!path.ok) return path.clause === buildPathClauses.path ? { ...path, detail: noPath } : path
    const proven = conclude(leaf, path.value, credential)
    if (proven.ok) {
      const { notBefore, notAfter } = path.value
      put(credential.digest, { proven: proven.value, notBefore, notAfter })
    }
    return proven
  }
}

function readChain({ chain }: CertificateCredential): Result<readonly [Certificate, ...Certificate[]]> {
  const [first, ...others] = chain
  const leaf = readCertificate(first)
  if (!leaf.ok) return leaf
  const certificates: [Certificate, ...Certificate[]] = [leaf.value]
  for (const der of others) {
    const read = readCertificate(der)
    if (!read.ok) return read
    certificates.push(read.value)
  }
  return ok(certificates)
}
