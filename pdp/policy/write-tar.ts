const BLOCK = 512

/** Writes a tar archive (POSIX ustar) of plain files, sorted by name, with no time and no owner in it. */
export function writeTar(files: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const sorted = files.toSorted(([a], [b]) => (a < b ? -1 : 1))
  const blocks = sorted.flatMap(([name, bytes]) => [header(name, bytes.length), bytes, padding(bytes.length)])
  return Buffer.concat([...blocks, new Uint8Array(2 * BLOCK)])
}

function header(path: string, size: number): Uint8Array {
  const block = Buffer.alloc(BLOCK)
  const [prefix, name] = splitName(`/${path}`) // OPA begins names with a slash
  block.write(name, 0, 'latin1')
  block.write(octal(0o600, 8), 100, 'latin1')
  block.write(octal(0, 8), 108, 'latin1') // owner
  block.write(octal(0, 8), 116, 'latin1') // group
  block.write(octal(size, 12), 124, 'latin1')
  block.write(octal(0, 12), 136, 'latin1') // time
  block.write('        ', 148, 'latin1') // the checksum counts its own field as spaces
  block.write('0', 156, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  block.write(prefix, 345, 'latin1')
  let sum = 0
  for (const byte of block) sum += byte
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

/** A name of more than 100 characters is split at a slash. Throws where that does not help: bundle paths are ours. */
function splitName(path: string): readonly [string, string] {
  if (path.length <= 100) return ['', path]
  const slash = path.indexOf('/', path.length - 101)
  if (slash < 1 || slash > 155) throw new RangeError('a path of the bundle is too long for tar')
  return [path.slice(0, slash), path.slice(slash + 1)]
}

const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`

const padding = (size: number): Uint8Array => new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK)
