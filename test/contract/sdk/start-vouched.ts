import { bundleOf, type Pki } from '../../support/pki.ts'
import { untilNextSecond } from '../../support/clock.ts'
import { svidKey } from '../../support/world.ts'
import { createSite, type Serving, serve, type Site, stop, usual } from '../process/harness.ts'

/** A real decision point whose enforcement point may vouch for certificates of `prod.example`, and its site. */
export interface Vouched {
  readonly site: Site
  readonly pdp: Serving
  end(): Promise<void>
}

export async function startVouched(pki: Pki): Promise<Vouched> {
  const site = await createSite()
  const keys = [svidKey.jwk, ...(JSON.parse(bundleOf(pki.prod)) as { keys: object[] }).keys]
  await site.file('bundle.json', JSON.stringify({ keys }))
  await site.configure({
    peps: { gateway: { ...usual.peps.gateway, vouch: { peer_certificate: true } } },
    limits: { proof_skew_s: 0 },
  })
  const pdp = await serve(site)
  await untilNextSecond()
  const end = async () => {
    await stop(pdp)
    await site.remove()
  }
  return { site, pdp, end }
}
