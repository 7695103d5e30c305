import { stat } from 'node:fs/promises'
import { bundleOptions, faultOfOffer, faultOfRefusal, readBundleFile } from '../../../compose/bundles.ts'
import { createBundleSources } from '../../../compose/bundle-sources.ts'
import { servicesOf } from '../../../compose/services.ts'
import { type Instant, toRfc3339 } from '../../../core/time.ts'
import { offerBundle } from '../../../policy/offer-bundle.ts'
import { type Examined, type Finding, reasonOf } from './finding.ts'

const id = 'bundles'
const soonMs = 86_400_000

/** Each bundle as its source has it now, held to all that a start holds it to. */
export const examineBundles = (examined: Examined): Promise<readonly Finding[]> =>
  Promise.all(
    Object.keys(examined.config.bundles).map((name) =>
      examineBundle(name, examined).catch(
        (error: unknown): Finding => ({
          id,
          about: name,
          verdict: 'fail',
          detail: reasonOf(error),
          todo: 'mend what `bundles` names',
        }),
      ),
    ),
  )

async function examineBundle(name: string, { config, clock, signal }: Examined): Promise<Finding> {
  const fail = (detail: string): Finding => ({
    id,
    about: name,
    verdict: 'fail',
    detail,
    todo: 'sallyport inspect FILE says what is wrong with an archive, check by check',
  })
  const sources = createBundleSources(clock)
  const source = sources.of(name, config.bundles)
  const file = config.bundles[name]?.file ?? ''
  const answer = source ? await source.ask('now', signal) : { ok: true as const, value: await readBundleFile(file) }
  const offer = answer.ok ? answer.value : answer
  if (offer === 'unchanged') return fail('its server answers that nothing changed, and was asked for the whole')
  if (!(offer instanceof Uint8Array)) return fail(faultOfOffer(offer).reason)
  const surroundings = { clock, sources, instanceReplaced: () => undefined, keptRefused: () => undefined }
  const offered = await offerBundle(
    offer,
    undefined,
    await bundleOptions(name, config, servicesOf(config), surroundings),
  )
  if (!offered.ok) return fail(faultOfRefusal(offered).reason)
  const { revision, signed } = offered.value.bundle
  const written = source ? undefined : (await stat(file).catch(() => undefined))?.mtime
  const age = written === undefined ? '' : `, written ${ago(clock() - written.getTime())} ago`
  const detail = `revision ${revision}${age}`
  return judgeEnd(name, detail, signed !== undefined, signed?.statement.expires, clock())
}

function judgeEnd(about: string, said: string, signed: boolean, expires: Instant | undefined, now: Instant): Finding {
  const detail = expires === undefined ? said : `${said}, expires ${toRfc3339(expires)}`
  if (!signed) {
    const todo = 'name its signer: whoever can write it decides everything'
    return { id, about, verdict: 'warn', detail: `${said}, of no signer that is checked`, todo }
  }
  return expires !== undefined && expires - now < soonMs
    ? { id, about, verdict: 'warn', detail, todo: 'sign it anew within the day, under a higher sequence' }
    : { id, about, verdict: 'ok', detail }
}

function ago(ms: number): string {
  const hours = Math.max(0, ms) / 3_600_000
  return hours < 48 ? `${hours.toFixed(1)} h` : `${Math.round(hours / 24)} days`
}
