import { z } from 'zod'
import { type Clause, clauses } from '../../core/clause.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import { readDocument } from '../read-document.ts'

export const imageManifestClauses = clauses({
  form: 'bundle-image-manifest',
  layer: 'bundle-image-layer',
  size: 'bundle-image-layer-size',
})

/** The media type of the manifests that are taken (image-spec, "OCI Image Manifest"). */
export const imageManifestType = 'application/vnd.oci.image.manifest.v1+json'

/** The media type of the layer that is a bundle, as OPA has it. */
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip'

const schema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.literal(imageManifestType).optional(),
  layers: z.array(z.object({ mediaType: z.string(), digest: z.string(), size: z.int().min(0) })),
})

/** Where the bundle of an image is: SHA-256 in hexadecimal, and bytes. */
export interface Layer {
  readonly digest: string
  readonly size: number
}

/** Reads the one layer of a manifest that is a bundle; other layers are not looked at. Refuses with POLICY_UNAVAILABLE. */
export function readImageManifest(body: Uint8Array, maximumBytes: number): Result<Layer> {
  const document = readDocument(body)
  const manifest = schema.safeParse(document.ok ? document.value : undefined)
  if (!manifest.success) return bad(imageManifestClauses.form, 'the registry answered what is not an image manifest')
  const [layer, ...others] = manifest.data.layers.filter(({ mediaType }) => mediaType === layerType)
  const digest = /^sha256:([0-9a-f]{64})$/.exec(layer?.digest ?? '')?.[1]
  if (!layer || digest === undefined || others.length > 0)
    return bad(imageManifestClauses.layer, `the image must have one layer of type ${layerType}, with its SHA-256`)
  return layer.size <= maximumBytes
    ? ok({ digest, size: layer.size })
    : bad(imageManifestClauses.size, `the bundle of the image has more than ${maximumBytes} bytes`)
}

const bad = (clause: Clause, detail: string): Refusal => refuse('POLICY_UNAVAILABLE', clause, detail)
