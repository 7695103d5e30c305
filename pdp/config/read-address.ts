import { isIP } from 'node:net'

/** Where a listener is: a port of an address of this machine, or a Unix socket. */
export type Address =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly loopback: boolean }
  | { readonly kind: 'unix'; readonly path: string }

const unix = 'unix:'

/** Reads `127.0.0.1:7070`, `[::1]:7070`, `localhost:7070` or `unix:PATH`. Undefined for anything else, other host names included. */
export function readAddress(text: string): Address | undefined {
  if (text.startsWith(unix)) {
    const path = text.slice(unix.length)
    return path === '' || path.includes('\0') ? undefined : { kind: 'unix', path }
  }
  const parts = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9A-Za-z.-]+)):([0-9]{1,5})$/.exec(text)
  const host = parts?.[1] ?? parts?.[2] ?? ''
  const port = Number(parts?.[3] ?? Number.NaN)
  const family = isIP(host)
  const bracketed = parts?.[1] !== undefined
  // a name would be looked up, and whether it stays on this machine could not be told
  const known = host === 'localhost' || (bracketed ? family === 6 : family === 4)
  if (!known || !(port <= 65_535)) return undefined
  return { kind: 'tcp', host, port, loopback: host === 'localhost' || isLoopback(host) }
}

const isLoopback = (host: string): boolean => host.startsWith('127.') || /^(?:0{0,4}:){2,7}0{0,3}1$/.test(host)
