/** Hashes of a full tile, and entries of a full bundle (C2SP tlog-tiles). */
export const fullWidth = 256

/** A tile of hashes, or a bundle of entries. `width`: how many it holds, from 1 to {@link fullWidth}. */
export interface Tile {
  readonly level: number | 'entries'
  readonly index: number
  readonly width: number
}

/** Where a tile lies under the prefix of its log (C2SP tlog-tiles, Merkle Tree): `tile/0/x001/234.p/7`. */
export function tilePath({ level, index, width }: Tile): string {
  let rest = Math.floor(index / 1000)
  let path = threeDigits(index % 1000)
  for (; rest > 0; rest = Math.floor(rest / 1000)) path = `x${threeDigits(rest % 1000)}/${path}`
  return `tile/${level}/${path}${width === fullWidth ? '' : `.p/${width}`}`
}

const threeDigits = (n: number): string => String(n).padStart(3, '0')

const form = /^tile\/(entries|[0-9]|[1-5][0-9]|6[0-3])\/((?:x[0-9]{3}\/){0,4}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/

/** The tile that a path names; undefined for any path that {@link tilePath} does not make. */
export function readTilePath(path: string): Tile | undefined {
  const [, level = '', digits = '', width] = form.exec(path) ?? []
  if (level === '') return undefined
  const tile: Tile = {
    level: level === 'entries' ? level : Number(level),
    index: Number(digits.replaceAll(/[x/]/g, '')),
    width: width === undefined ? fullWidth : Number(width),
  }
  return tilePath(tile) === path ? tile : undefined
}

/** The tiles at the right edge of a tree of `size` leaves that are partial, from level 0 up. */
export function partialTiles(size: number): readonly Tile[] {
  const tiles: Tile[] = []
  let rest = size
  for (let level = 0; rest > 0; level++, rest = Math.floor(rest / fullWidth)) {
    const width = rest % fullWidth
    if (width > 0) tiles.push({ level, index: Math.floor(rest / fullWidth), width })
  }
  return tiles
}
