import { describe, expect, test } from 'vitest'
import { sha256 } from '../../pdp/core/digest.ts'
import type { DecisionId, Frame } from '../../pdp/core/frame.ts'
import { type Instant, instant, plus, seconds } from '../../pdp/core/time.ts'
import type { FirstUse, Use } from '../../pdp/seams.ts'

// The contract of FirstUse, for every store there is.

/** Makes an empty store that has known every claim since `startedAt`. */
export type CreateFirstUse = (startedAt: Instant) => FirstUse | Promise<FirstUse>

const now = instant(1_760_000_000_000)

const frameAt = (at: Instant): Frame => ({
  id: '01890000-0000-7000-8000-000000000000' as DecisionId, // any will do: a store takes the time alone
  now: at,
  deadline: plus(at, seconds(1)),
})
const frame = frameAt(now)
const later = (n: number) => frameAt(plus(now, seconds(n)))
const use = (parts: readonly string[], life = 60, purpose = 'dpop'): Use => ({
  purpose,
  parts,
  issuedAt: now,
  until: plus(now, seconds(life)),
})
const asker = sha256('ask one')
const another = sha256('ask two')

/** Declares the tests of one store. */
export function testFirstUse(name: string, createSince: CreateFirstUse): void {
  describe(`${name} first use`, () => {
    const create = () => createSince(plus(now, seconds(-3600)))

    test('a use is first once, for any asker', async () => {
      const store = await create()
      expect(await store.claim([use(['a'])], asker, frame)).toBe('first')
      expect(await store.claim([use(['a'])], another, frame)).toBe('used')
    })

    test('the same ask within five seconds is a retry, and not after', async () => {
      const store = await create()
      expect(await store.claim([use(['a'])], asker, frame)).toBe('first')
      expect(await store.claim([use(['a'])], asker, later(0))).toBe('same-ask')
      expect(await store.claim([use(['a'])], asker, later(5))).toBe('same-ask')
      expect(await store.claim([use(['a'])], asker, later(5.001))).toBe('used')
    })

    test('a retry does not lengthen the retry window', async () => {
      const store = await create()
      await store.claim([use(['a'])], asker, frame)
      expect(await store.claim([use(['a'])], asker, later(4))).toBe('same-ask')
      expect(await store.claim([use(['a'])], asker, later(8))).toBe('used')
    })

    test('all uses or none: one that was used leaves the others unclaimed', async () => {
      const store = await create()
      expect(await store.claim([use(['a'])], asker, frame)).toBe('first')
      expect(await store.claim([use(['b']), use(['a'])], another, frame)).toBe('used')
      expect(await store.claim([use(['b'])], another, frame)).toBe('first')
    })

    test('a retry repeats every use: one more, or one less and one other, is no retry', async () => {
      const store = await create()
      await store.claim([use(['a']), use(['b'])], asker, frame)
      expect(await store.claim([use(['b']), use(['a'])], asker, frame)).toBe('same-ask')
      expect(await store.claim([use(['a']), use(['c'])], asker, frame)).toBe('used')
      expect(await store.claim([use(['a']), use(['b']), use(['c'])], asker, frame)).toBe('used')
    })

    test('one use named twice in one claim is one use', async () => {
      const store = await create()
      expect(await store.claim([use(['a']), use(['a'])], asker, frame)).toBe('first')
      expect(await store.claim([use(['a'])], another, frame)).toBe('used')
    })

    test('a use that has ended is unknown, never first', async () => {
      const store = await create()
      expect(await store.claim([use(['a'], 60)], asker, later(59.999))).toBe('first')
      expect(await store.claim([use(['b'], 60)], asker, later(60))).toBe('unknown')
      expect(await store.claim([use(['a'], 60)], another, later(60))).toBe('unknown')
    })

    test.for<readonly [string, readonly string[], readonly string[]]>([
      ['fields shifted', ['ab', 'c'], ['a', 'bc']],
      ['a field split', ['ab'], ['a', 'b']],
      ['an empty field at the end', ['a'], ['a', '']],
      ['an empty field at the start', ['a'], ['', 'a']],
      ['a separator inside', ['a,b'], ['a', 'b']],
      ['a length inside', ['a', 's1:b'], ['as1:b']],
      ['case', ['a'], ['A']],
    ])('two uses are never one: %s', async ([, one, other]) => {
      const store = await create()
      expect(await store.claim([use(one)], asker, frame)).toBe('first')
      expect(await store.claim([use(other)], asker, frame)).toBe('first')
      expect(await store.claim([use(one)], another, frame)).toBe('used')
    })

    test('the purpose is part of the use', async () => {
      const store = await create()
      expect(await store.claim([use(['b'], 60, 'a')], asker, frame)).toBe('first')
      expect(await store.claim([use(['a'], 60, 'b')], asker, frame)).toBe('first')
      expect(await store.claim([use(['a', 'b'], 60, '')], asker, frame)).toBe('first')
    })

    test('of 50 claims at once exactly one is first, a hundred times', async () => {
      const store = await create()
      let firsts = 0
      for (let round = 0; round < 100; round++) {
        const claims = Array.from({ length: 50 }, (_, i) =>
          store.claim([use([`proof ${round}`])], sha256(`ask ${round} ${i}`), frame),
        )
        const answers = await Promise.all(claims)
        expect(answers.filter((answer) => answer === 'used')).toHaveLength(49)
        firsts += answers.filter((answer) => answer === 'first').length
      }
      expect(firsts).toBe(100)
    })

    test.for<readonly [string, Use, Frame]>([
      ['an end that is no number', { ...use(['x']), until: instant(Number.NaN) }, frame],
      ['an end that never comes', { ...use(['x']), until: instant(Infinity) }, frame],
      ['a time of issue that is no number', { ...use(['x']), issuedAt: instant(Number.NaN) }, frame],
      ['a time that is no number', use(['x']), frameAt(instant(Number.NaN))],
    ])('%s is unknown, and the store goes on', async ([, broken, at]) => {
      const store = await create()
      expect(await store.claim([use(['x'])], asker, frame)).toBe('first')
      expect(await (await create()).claim([broken], asker, at)).toBe('unknown')
      expect(await store.claim([broken], asker, at)).toBe('unknown')
      expect(await store.claim([use(['y'])], asker, frame)).toBe('first')
    })
  })
}
