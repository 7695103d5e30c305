const path = '/authorize'

/** The service that `/authorize[/{service}]` names; undefined for any other path. */
export function readAuthorizePath(url: string): { readonly service: string | undefined } | undefined {
  if (!url.startsWith(path)) return undefined
  if (url.length === path.length) return { service: undefined }
  const service = /^\/([a-z0-9][a-z0-9-]{0,62})$/.exec(url.slice(path.length))?.[1]
  return service === undefined ? undefined : { service }
}
