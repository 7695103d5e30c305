// Writes the table of time zones that the time builtins reckon with, from the IANA data that come with Go: OPA answers
// from the same. Run it after an update of Go:  node scripts/write-time-zones.mjs
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim(), 'lib', 'time')
const target = new URL('../pdp/policy/builtins/time-zones.txt', import.meta.url)
const [, version] = /^DATA=(\w+)$/m.exec(readFileSync(join(folder, 'update.bash'), 'utf8')) ?? []
if (!version) throw new Error('Go does not say which version of the data it has')

const namesOf = new Map()
for (const [name, data] of entriesOf(readFileSync(join(folder, 'zoneinfo.zip')))) {
  const zone = zoneLine(data)
  namesOf.set(zone, [...(namesOf.get(zone) ?? []), name])
}
const lines = [...namesOf].map(([zone, names]) => `${names.join('|')}\t${zone}`).sort()
const head = [
  `# IANA time zone database ${version}, public domain; written by scripts/write-time-zones.mjs.`,
  '# names, then (offset in s, daylight saving, abbreviation); … then (s since the transition before:type), in base 36,',
  '# then the rule for the time behind the last transition, as POSIX writes it',
]
writeFileSync(target, `${[...head, ...lines].join('\n')}\n`)
console.log(`${lines.length} zones of ${version}`)

/** The files of a zip archive that does not compress. */
function* entriesOf(zip) {
  const end = zip.length - 22
  if (zip.readUInt32LE(end) !== 0x06054b50) throw new Error('no zip archive')
  let at = zip.readUInt32LE(end + 16)
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    if (zip.readUInt16LE(at + 10) !== 0) throw new Error('the archive compresses')
    const [size, nameLength] = [zip.readUInt32LE(at + 24), zip.readUInt16LE(at + 28)]
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength)
    const header = zip.readUInt32LE(at + 42)
    const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28)
    if (size > 0) yield [name, zip.subarray(start, start + size)]
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
}

/** The 64-bit part of a TZif file (RFC 9636). */
function zoneLine(data) {
  const first = headerOf(data, 0)
  const from = 44 + first.times * 5 + first.types * 6 + first.characters + first.leaps * 8 + first.walls + first.utcs
  const { times, types, characters, leaps, walls, utcs } = headerOf(data, from)
  const timesAt = from + 44
  const indexAt = timesAt + times * 8
  const typesAt = indexAt + times
  const textAt = typesAt + types * 6
  const rule = data.toString('latin1', textAt + characters + leaps * 12 + walls + utcs).trim()
  const typeTexts = Array.from({ length: types }, (_, i) => {
    const at = typesAt + i * 6
    const name = textAt + data[at + 5]
    return `${data.readInt32BE(at)},${data[at + 4]},${data.toString('latin1', name, data.indexOf(0, name))}`
  })
  let before = 0
  const transitions = Array.from({ length: times }, (_, i) => {
    const time = Number(data.readBigInt64BE(timesAt + i * 8))
    const text = `${(time - before).toString(36)}:${data[indexAt + i]}`
    before = time
    return text
  })
  return [typeTexts.join(';'), transitions.join(' '), rule].join('\t')
}

function headerOf(data, at) {
  if (data.toString('latin1', at, at + 4) !== 'TZif' || data[at + 4] < 0x32) throw new Error('no TZif of 64 bits')
  const [utcs, walls, leaps, times, types, characters] = Array.from({ length: 6 }, (_, i) =>
    data.readUInt32BE(at + 20 + i * 4),
  )
  return { utcs, walls, leaps, times, types, characters }
}
