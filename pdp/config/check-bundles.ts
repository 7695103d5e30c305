import type { ConfigProblem } from './config-problem.ts'
import type { Config } from './schema.ts'

const sources = ['file', 'http', 'oci'] as const

/** Each bundle comes from one place, and has its signer or says aloud that it has none. */
export const checkBundles = ({ bundles }: Config): readonly ConfigProblem[] =>
  Object.entries(bundles).flatMap(([name, bundle]) => {
    const at = `bundles.${name}`
    return [...checkSource(at, bundle), ...checkSigner(at, bundle)]
  })

type Bundle = Config['bundles'][string]

function checkSource(at: string, bundle: Bundle): ConfigProblem[] {
  if (sources.filter((source) => bundle[source] !== undefined).length !== 1)
    return [{ at, message: `must say where it comes from by exactly one of ${sources.join(', ')}` }]
  return bundle.file === undefined && bundle.unsigned === true
    ? [{ at, message: 'comes from a server, which must not decide anything by itself: name its signer' }]
    : []
}

/** What only a signature can promise needs one. */
function checkSigner(at: string, { signer, unsigned, threshold = 1, audience, rollout }: Bundle): ConfigProblem[] {
  if ((signer === undefined) !== (unsigned === true))
    return [{ at, message: 'name its signer (`signer: file:PATH`), or say `unsigned: true`: one of them' }]
  const signers = new Set([signer ?? []].flat()).size
  if (signer !== undefined && threshold > signers)
    return [{ at: `${at}.threshold`, message: 'asks for more signers than `signer` names' }]
  if (unsigned === true && rollout)
    return [{ at: `${at}.rollout`, message: 'needs a signer: what is active must be known again after a restart' }]
  return unsigned === true && (threshold > 1 || audience !== undefined)
    ? [{ at, message: 'threshold and audience are for signed bundles: name its signer' }]
    : []
}
