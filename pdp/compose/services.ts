import type { Pep, Service } from '../core/service.ts'
import { seconds } from '../core/time.ts'
import type { Config } from '../config/schema.ts'
import { origin } from '../config/sections/services.ts'

/** The services of a configuration, by name, with the defaults that depend on other settings. */
export function servicesOf({ services }: Config): ReadonlyMap<string, Service> {
  const entries = Object.entries(services).map(([name, settings]): [string, Service] => {
    const policy = settings.policy ?? name
    return [
      name,
      {
        name,
        audiences: settings.audiences,
        origins: settings.origins ?? settings.audiences.filter((audience) => origin.safeParse(audience).success),
        policy,
        entrypoint: settings.entrypoint ?? `${policy.replaceAll('-', '_')}/decision`,
        ...(settings.environment !== undefined && { environment: settings.environment }),
        identity: settings.identity,
        obligations: settings.obligations,
        reuseMax: seconds(settings.reuse_max_s),
      },
    ]
  })
  return new Map(entries)
}

/** The enforcement points of a configuration, by name, each with the services that list it. */
export function pepsOf({ peps, services }: Config): ReadonlyMap<string, Pep> {
  const entries = Object.entries(peps).map(([name, { vouch }]): [string, Pep] => {
    const own = Object.entries(services).filter(([, service]) => service.peps.includes(name))
    return [
      name,
      {
        name,
        services: new Set(own.map(([service]) => service)),
        authentication: { kind: 'none' },
        vouch: { peerCertificate: vouch?.peer_certificate ?? false },
      },
    ]
  })
  return new Map(entries)
}
