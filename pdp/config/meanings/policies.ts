/** Of what decides. */
export const policyMeanings: Readonly<Record<string, string>> = {
  bundles: 'what decides, by name; each of a `file`, of `http` or of `oci`',
  'bundles.*.file': 'the archive; looked at every second',
  'bundles.*.http': "a server, by OPA's protocol",
  'bundles.*.http.url': 'where',
  'bundles.*.http.wait_s': 'how long it may hold a request until there is something new',
  'bundles.*.oci': 'a registry of OCI images',
  'bundles.*.oci.image': 'by tag, or pinned by digest',
  ...remoteMeanings('bundles.*.http'),
  ...remoteMeanings('bundles.*.oci'),
  'bundles.*.http.oauth2': 'or by a token of the client credentials grant (RFC 6749 §4.4)',
  'bundles.*.http.oauth2.token_url': 'where it is had',
  'bundles.*.http.oauth2.client_id': 'as whom',
  'bundles.*.http.oauth2.client_secret': 'by this secret',
  'bundles.*.http.oauth2.scope': 'with these scopes',
  'bundles.*.oci.username': 'or as this user',
  'bundles.*.oci.password': 'with this password',
  'bundles.*.oci.auth_origin': 'where it sends for tokens, if not to itself',
  'bundles.*.oci.blob_origins': 'where it sends for blobs; asked without credentials',
  'bundles.*.oci.plain_http': 'without TLS: for a registry on loopback',
  'bundles.*.signer': 'the public key in PEM of whoever must have signed it, or a list of them',
  'bundles.*.threshold': 'how many of them must have; absent: one',
  'bundles.*.audience': 'the name by which signers mean this decision point',
  'bundles.*.unsigned': '`true`: nobody need have signed it, so that whoever can write the file decides everything',
  'bundles.*.rollout': 'how a new bundle takes the place of the active one; absent: at once',
  'bundles.*.rollout.mode':
    '`shadow`: evaluated beside it, deciding nothing; `canary`: it decides for a share of subjects',
  'bundles.*.rollout.share': 'that share',
  'bundles.*.rollout.sample': 'the share of asks that may be compared',
  'bundles.*.rollout.cpu': 'the share of the time in which comparisons may run',
  'bundles.*.rollout.promote': 'when it takes the place by itself; of `shadow`, absent: never',
  'bundles.*.rollout.promote.asks': 'after so many comparisons',
  'bundles.*.rollout.promote.after_s': 'and so long',
  'bundles.*.rollout.promote.max_divergence': 'rolled back beyond this share of answers that differ',
  'bundles.*.rollout.promote.max_errors': 'or beyond this share that fail where the active one answers',
  policy_headers: 'headers that policies may set',
  'policy_headers.request': 'on the request to the service; one that policy does not set is removed',
  'policy_headers.response': 'on the answer to the caller',
}

/** Of every server that bundles come from. */
function remoteMeanings(at: string): Readonly<Record<string, string>> {
  return {
    [`${at}.every_s`]: 'how often it is asked',
    [`${at}.timeout_s`]: 'how long one answer may take',
    [`${at}.maximum_bytes`]: 'and how long it may be',
    [`${at}.ca`]: 'authorities of its certificate in PEM, in place of those that come with Node',
    [`${at}.client_certificate`]: 'ours, where it asks for one; files of credentials are read anew each time',
    [`${at}.client_certificate.cert`]: 'certificate and chain, in PEM',
    [`${at}.client_certificate.key`]: 'its private key',
    [`${at}.bearer`]: 'a file with the token for it',
  }
}
