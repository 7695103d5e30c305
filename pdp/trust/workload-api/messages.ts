import { map, one, repeated } from '../../core/protobuf/fields.ts'
import { message, type MessageOf, type ProtobufLimits } from '../../core/protobuf/message.ts'
import { bytes, string } from '../../core/protobuf/types.ts'

// The messages of the SPIFFE Workload API (SPIFFE Workload API §5, §6), as far as they are used here.

/** Of one identity. Certificates and key in DER: the leaf first, then intermediates; PKCS#8. */
const x509Svid = message({
  spiffeId: one(1, string),
  certificates: one(2, bytes),
  privateKey: one(3, bytes),
  bundle: one(4, bytes),
  hint: one(5, string),
})

/** The answer to `FetchX509SVID`. */
export const x509SvidResponse = message({ svids: repeated(1, x509Svid) })
export type X509SvidResponse = MessageOf<typeof x509SvidResponse>

/** The answer to `FetchX509Bundles`: DER, one authority after another, by the id of the trust domain. */
export const x509BundlesResponse = message({ bundles: map(2, string, bytes) })

/** The answer to `FetchJWTBundles`: JWK Sets, by the id of the trust domain. */
export const jwtBundlesResponse = message({ bundles: map(1, string, bytes) })

/** Of one answer: the bundles of some hundred trust domains. */
export const workloadApiLimits: ProtobufLimits = { bytes: 4 * 1024 * 1024, depth: 4, fields: 10_000 }
