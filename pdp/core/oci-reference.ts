/** An artefact in a registry (distribution-spec, "Pulling manifests"). `reference`: its tag, or the digest that it is pinned by. */
export interface OciReference {
  /** Host and, where it is named, port. */
  readonly registry: string
  readonly repository: string
  readonly reference: string
  /** SHA-256 in hexadecimal. */
  readonly digest?: string
}

const part = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const form = new RegExp(
  `^(?<registry>(?:[a-z0-9-]+\\.)*[a-z0-9-]+(?::[0-9]{1,5})?)/(?<repository>${part}(?:/${part})*)` +
    '(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@sha256:(?<digest>[0-9a-f]{64}))?$',
)
const maximumLength = 512

/** Reads `registry.example.org/policies/orders:stable`, or `…@sha256:…`, which counts where both are there. Undefined for anything else. */
export function parseOciReference(text: string): OciReference | undefined {
  const { registry, repository, tag, digest } = (text.length <= maximumLength && form.exec(text)?.groups) || {}
  if (registry === undefined || repository === undefined || (tag ?? digest) === undefined) return undefined
  return digest === undefined
    ? { registry, repository, reference: tag ?? '' }
    : { registry, repository, reference: `sha256:${digest}`, digest }
}
