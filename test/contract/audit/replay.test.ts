import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runReplay } from '../../soak/replay/run.ts'
import { isSound } from '../../soak/replay/soak.ts'
import { command } from '../../unit/cli/harness.ts'

interface Report {
  readonly replayed: number
  readonly different: number
  readonly notReplayable: Readonly<Record<string, number>>
}

test('what was decided comes out the same: chance, time, reused answers, many questions; a planted rule is found', async () => {
  await runReplay(3_000, async (soak) => {
    const { expected, planted, same, reused, folder } = soak
    expect(planted).toMatchObject({ code: 1, different: expected })
    expect(planted.differences[0]).toMatchObject({
      before: { code: expect.any(String) },
      after: { code: expect.any(String) },
    })
    expect(new Set(planted.differences.map(({ kind }) => kind))).toContain('allow→deny')
    expect(new Set(planted.differences.map(({ kind }) => kind))).toContain('deny→allow')
    expect(same.notReplayable).toEqual({})
    expect(isSound(soak)).toBe(true)
    expect(reused).toBeGreaterThan(100)

    const state = join(folder, 'state')
    const log = join(state, 'audit')
    const bundle = join(folder, 'shop.tar.gz')
    const replay = async (...more: readonly string[]) => {
      const { code, out, said } = await command(['audit', 'replay', log, '--bundle', bundle, '--json', ...more])
      return { code, said, report: JSON.parse(out) as Report }
    }

    // for people
    const told = await command(['audit', 'replay', log, '--bundle', join(folder, 'changed.tar.gz')])
    expect(told.out).toMatch(/allow→deny: \d+\n {2}by rule {6}/)
    expect(told.out).toMatch(/by subject .*spiffe:/)
    expect(told.out).toMatch(/by resource .*write item\/8/)

    // nothing of evidence is in what is kept, and nothing is readable without its key
    const payloads = readdirSync(join(state, 'payloads')).map((name) => join(state, 'payloads', name))
    for (const path of payloads) expect(readFileSync(path, 'latin1')).not.toMatch(/eyJ|spiffe|shop/)

    // a record that is altered is a difference, as an answer of a builtin that is
    const lines = readFileSync(recordsOf(log), 'utf8')
    writeFileSync(recordsOf(log), lines.replace(/"code":"draw_won"/, '"code":"draw_wan"'))
    expect(await replay()).toMatchObject({ code: 1, report: { different: 1 } })
    const drawn = lines.replace(/("name":"rand.intn","operands":\["\\"draw\\"","10"\],"answer":)"[0-4]"/, '$1"9"')
    expect(drawn).not.toBe(lines)
    writeFileSync(recordsOf(log), drawn)
    expect((await replay()).report.different).toBeGreaterThanOrEqual(1)
    writeFileSync(recordsOf(log), lines)

    // a payload that is not the one of its record, and a text that is not the one that was evaluated, are not replayed
    const other = (name: string) =>
      lines.replace(new RegExp(`"${name}":"[0-9a-f]{64}"`), `"${name}":"${'0'.repeat(64)}"`)
    writeFileSync(recordsOf(log), other('payload_sha256'))
    expect((await replay()).report).toMatchObject({
      different: 0,
      notReplayable: { 'its payload is not the one that its record names': 1 },
    })
    writeFileSync(recordsOf(log), other('input_sha256'))
    expect((await replay()).report).toMatchObject({
      different: 0,
      notReplayable: { 'what was evaluated again is not the text that its record names': expect.any(Number) },
    })
    writeFileSync(recordsOf(log), lines)

    // what a crash tore and what was altered is told, and not replayed
    const [path = ''] = payloads
    const sound = readFileSync(path)
    truncateSync(path, sound.length - 7)
    const torn = await replay()
    expect(torn.said).toMatch(/torn/)
    expect(torn.report).toMatchObject({
      different: 0,
      notReplayable: { 'no payload is kept of it': expect.any(Number) },
    })
    const altered = Buffer.from(sound)
    altered.writeUInt8(altered.readUInt8(200) ^ 1, 200)
    writeFileSync(path, altered)
    expect((await replay()).said).toMatch(/not what was written/)
    writeFileSync(path, sound)
    expect((await replay()).report.notReplayable).toEqual({})

    // without its key a day is erased
    rmSync(join(state, 'keys', 'payloads'), { recursive: true })
    const erased = await replay()
    expect(erased.said).toMatch(/was erased/)
    expect(erased.report.replayed).toBe(0)
  })
}, 120_000)

const recordsOf = (log: string): string => {
  const [name = ''] = readdirSync(log).filter((each) => each.endsWith('.ndjson'))
  return join(log, name)
}
