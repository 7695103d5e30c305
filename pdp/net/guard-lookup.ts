import { isIP, type LookupFunction } from 'node:net'
import { type AddressKind, classifyAddress } from './classify-address.ts'

/** Answers every address of a host name, as text. Rejects where there is none. */
export type Resolve = (host: string) => Promise<readonly string[]>

/** The host resolves, but to no address that may be reached. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused'
}

/**
 * A `lookup` for `node:net` that hands on only addresses of the kinds given. It runs as part of connecting, so the
 * address that was judged is the one connected to: a name that answers differently the second time gains nothing.
 */
export function guardLookup(resolve: Resolve, mayReach: ReadonlySet<AddressKind>): LookupFunction {
  return (host, options, callback) => {
    resolve(host).then(
      (addresses) => {
        const reachable = addresses
          .filter((address) => mayReach.has(classifyAddress(address)))
          .map((address) => ({ address, family: isIP(address) }))
        const [first] = reachable
        if (!first) callback(new AddressRefused('no address of the host may be reached'), [])
        else if (options.all) callback(null, reachable)
        else callback(null, first.address, first.family)
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error('no address'), []),
    )
  }
}
