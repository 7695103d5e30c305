import { readFile } from 'node:fs/promises'
import type { Config } from '../config/schema.ts'
import { sha256 } from '../core/digest.ts'
import type { VerificationKey } from '../core/key.ts'
import type { Refusal, Result } from '../core/result.ts'
import type { Service } from '../core/service.ts'
import type { Clock } from '../core/time.ts'
import type { LastGood } from '../policy/last-good.ts'
import type { LoadBundleOptions } from '../policy/load-bundle.ts'
import { type HeldBundle, offerBundle, remakeBundle } from '../policy/offer-bundle.ts'
import type { BundleSource } from '../policy/sources/bundle-source.ts'
import { readSignerKey } from '../policy/signature/read-signer-key.ts'
import type { BundleSources } from './bundle-sources.ts'

/** What bundles are loaded with, whatever the configuration. `lastGood`: absent where nothing is written to disk. */
export interface BundleSurroundings {
  readonly clock: Clock
  readonly lastGood?: LastGood
  /** The servers of bundles that come from one. */
  readonly sources: BundleSources
  readonly instanceReplaced: (reason: string) => void
  /** What was kept of a bundle for this start is not usable, and why. */
  readonly keptRefused: (name: string, reason: string) => void
}

/** A bundle of a configuration that is loaded. `fault`: why it is the last good one, in place of what its source has. */
export interface LoadedSource extends HeldBundle {
  readonly fault?: BundleFault
}

/** Why an offered bundle was not taken, for the operator. `clause` is absent where it could not be read at all. */
export interface BundleFault {
  readonly reason: string
  readonly clause?: string
}

/** What a source has: an archive, or why there is none. */
export type Offer = Uint8Array | Error | Refusal

export const faultOfOffer = (none: Error | Refusal): BundleFault =>
  none instanceof Error ? { reason: none.message } : faultOfRefusal(none)

export const faultOfRefusal = ({ detail, clause }: Refusal): BundleFault => ({
  reason: `${detail} (${clause})`,
  clause,
})

/**
 * Loads every bundle of a configuration. `before`: those of the running one. At a start, where there is none, a source
 * that has nothing usable is told by `fault` if the bundle that was active last is on the disk and still good; otherwise,
 * and always at a reload, the first that cannot be used throws and says why. What a reload has of a server already it
 * does not ask for, and with `rollout` what differs from the bundle that is known is not loaded: it is a candidate afterwards.
 */
export async function loadBundles(
  config: Config,
  services: ReadonlyMap<string, Service>,
  surroundings: BundleSurroundings,
  before?: ReadonlyMap<string, HeldBundle>,
): Promise<ReadonlyMap<string, LoadedSource>> {
  const loaded = new Map<string, LoadedSource>()
  for (const name of Object.keys(config.bundles)) {
    const options = await bundleOptions(name, config, services, surroundings)
    const remade = await remake(name, config, options, surroundings, before)
    const base = remade?.ok === true ? remade.value : undefined
    const kept = before || !remade || remade.ok ? undefined : `what was kept of it: ${faultOfRefusal(remade).reason}`
    if (kept !== undefined) surroundings.keptRefused(name, kept)
    const source = surroundings.sources.of(name, config.bundles)
    if (base && ((before && source) || config.bundles[name]?.rollout)) {
      loaded.set(name, base)
      continue
    }
    const offered = await offer(await readOffered(name, config, source, base !== undefined), base, options)
    if (offered.ok) loaded.set(name, offered.value)
    else if (base && !before) loaded.set(name, { ...base, fault: offered.fault })
    else
      throw new Error(`bundle \`${name}\`: ${[offered.fault.reason, ...(kept === undefined ? [] : [kept])].join('; ')}`)
  }
  return loaded
}

/** The bundle that is active, under the rules of now, or at a start the one that was active last. Undefined: there is none. */
async function remake(
  name: string,
  config: Config,
  options: LoadBundleOptions,
  surroundings: BundleSurroundings,
  before: ReadonlyMap<string, HeldBundle> | undefined,
): Promise<Result<HeldBundle> | undefined> {
  if (before) return remakeBundle(before.get(name)?.archives ?? [], options)
  const kept = await readLastGood(name, config, surroundings)
  return kept?.ok === true ? remakeBundle(kept.value, options) : kept
}

type Offered = { readonly ok: true; readonly value: HeldBundle } | { readonly ok: false; readonly fault: BundleFault }

/** What the source has now, unless that is the bundle that is known. */
async function offer(archive: Offer, base: HeldBundle | undefined, options: LoadBundleOptions): Promise<Offered> {
  if (!(archive instanceof Uint8Array)) return { ok: false, fault: faultOfOffer(archive) }
  if (base && base.last === sha256(archive)) return { ok: true, value: base }
  const offered: Result<HeldBundle> = await offerBundle(archive, base, options)
  return offered.ok ? offered : { ok: false, fault: faultOfRefusal(offered) }
}

const patienceMs = 10_000 // with a bundle to begin with, a start does not wait longer for a server

async function readOffered(
  name: string,
  { bundles }: Config,
  source: BundleSource | undefined,
  known: boolean,
): Promise<Offer> {
  if (!source) return readBundleFile(bundles[name]?.file ?? '')
  source.forget()
  const answer = await source.ask('now', known ? AbortSignal.timeout(patienceMs) : new AbortController().signal)
  if (!answer.ok) return answer
  return answer.value === 'unchanged' ? new Error('answered that nothing changed') : answer.value // it was asked for the whole
}

/** A bundle that nobody signed is not kept: it could not be told from what somebody else put there. */
const readLastGood = async (name: string, { bundles }: Config, { lastGood }: BundleSurroundings) =>
  bundles[name]?.signer === undefined ? undefined : lastGood?.read(name)

/** What a bundle of that name is held to. Throws, for the operator, where the key of a signer cannot be used. */
export async function bundleOptions(
  name: string,
  { bundles }: Config,
  services: ReadonlyMap<string, Service>,
  { clock, instanceReplaced }: BundleSurroundings,
): Promise<LoadBundleOptions> {
  const { signer, threshold, audience } = bundles[name] ?? {}
  const entrypoints = [...services.values()].filter(({ policy }) => policy === name).map(({ entrypoint }) => entrypoint)
  const references = [signer ?? []].flat()
  const keys = await Promise.all(references.map((reference) => readSigner(name, reference.slice('file:'.length))))
  return {
    entrypoints,
    onReplaced: instanceReplaced,
    ...(signer !== undefined && {
      signer: keys,
      statement: { now: clock(), ...(audience !== undefined && { audience }) },
      ...(threshold !== undefined && { threshold }),
    }),
  }
}

async function readSigner(bundle: string, path: string): Promise<VerificationKey> {
  const pem = await read(path).catch((error: Error) => {
    throw new Error(`bundle \`${bundle}\`: ${error.message}`)
  })
  const key = readSignerKey(pem.toString('latin1'))
  if (!key.ok) throw new Error(`bundle \`${bundle}\`: ${path}: ${key.detail} (${key.clause})`)
  return key.value
}

/** What a file of a bundle holds, or why it cannot be read. */
export const readBundleFile = (path: string): Promise<Offer> => read(path).catch((error: Error) => error)

async function read(path: string): Promise<Buffer> {
  return readFile(path).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'
    throw new Error(`${path} cannot be read (${code})`)
  })
}
