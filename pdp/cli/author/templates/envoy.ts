import { readFileSync } from 'node:fs'
import { service } from './service.ts'

const configuration = `# Sallyport behind Envoy's ext_authz (envoy.yaml beside this file), to be tried out first.
#
#   sallyport test && sallyport build                          the policy, and its bundle
#   sallyport keygen signer && sallyport sign bundles/dist/notes.tar.gz --key signer.key
#   sallyport doctor --envoy envoy.yaml                        looks for ways past the decision point
#   sallyport start                                            beside it: envoy -c envoy.yaml

listen:
  ext_authz: unix:ext-authz.sock # whoever reaches it is the enforcement point: let Envoy alone be in its group
  socket_mode: '0660'

services:
  notes:
    audiences: [https://notes.example.org] # what the tokens of callers must be meant for
    peps: [sidecar]
    # Every request passes, without identity headers, and Sallyport says in its log and in Envoy's what it would have
    # answered. Take this line out once that is what you want: from then on it is enforced.
    dry_run: true

peps:
  sidecar:
    socket: ext_authz
    failure_mode_allow: false # say so only while envoy.yaml does too
    vouch: { peer_certificate: true } # the certificate of Envoy's client counts as evidence

trust: # who your callers' tokens come from; SPIFFE: - { spiffe: example.org, from: unix:/run/spire/agent.sock, environment: production }
  - { issuer: https://login.example.org, environment: production, facts: { namespace: namespace } }

bundles:
  notes: { file: bundles/dist/notes.tar.gz, signer: file:signer.pub }

limits:
  drain_ms: 2000 # from the signal to stop until it stops answering, so that Envoy has gone elsewhere
`

const places: readonly (readonly [from: string, to: string])[] = [
  ['name: orders', 'name: notes'],
  ['cluster: orders', 'cluster: notes'],
  ['cluster_name: orders', 'cluster_name: notes'],
  ['service: orders', 'service: notes'],
  ['/run/sallyport/ext-authz.sock', 'ext-authz.sock'],
]

/** The service of notes behind an Envoy: the shipped example of one, and a configuration that tries out. */
export const envoy = (): Readonly<Record<string, string>> => ({
  ...service,
  '.gitignore': `${service['.gitignore']}*.sock\n`,
  'sallyport.yaml': configuration,
  'envoy.yaml': places.reduce(
    (text, [from, to]) => text.replaceAll(from, to),
    readFileSync(new URL('envoy.yaml', import.meta.url), 'utf8'),
  ),
})
