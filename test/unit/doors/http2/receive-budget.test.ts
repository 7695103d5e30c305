import { expect, test } from 'vitest'
import { createReceiveBudget } from '../../../../pdp/doors/http2/receive-budget.ts'

const bounds = { promised: 100, held: 100, heldByEach: 10 }

/** One connection that asks for long bodies, and who of them was granted. */
function asking() {
  const granted: string[] = []
  const share = createReceiveBudget(bounds).share()
  return { granted, ask: (name: string, bytes: number) => share.ask(bytes, () => void granted.push(name)) }
}

test('bodies are let in whole, in the order of asking, as long as there is room', () => {
  const { granted, ask } = asking()
  const first = ask('first', 60)
  const second = ask('second', 60)
  const third = ask('third', 10)
  expect(granted, 'the third would fit, and has to wait all the same').toEqual(['first'])
  first()
  expect(granted).toEqual(['first', 'second', 'third'])
  second()
  third()
})

test('one that is longer than all of it comes in alone, so that no body waits for ever', () => {
  const { granted, ask } = asking()
  const small = ask('small', 10)
  ask('great', 500)
  expect(granted).toEqual(['small'])
  small()
  expect(granted).toEqual(['small', 'great'])
})

test('who no longer asks holds up nobody', () => {
  const { granted, ask } = asking()
  ask('first', 90)
  const gone = ask('gone', 90)
  ask('third', 10)
  gone()
  expect(granted).toEqual(['first', 'third'])
})

test('a connection gets one body in, and may hold a little, whatever another takes', () => {
  const budget = createReceiveBudget(bounds)
  const [greedy, modest] = [budget.share(), budget.share()]
  const granted: string[] = []
  greedy.ask(100, () => void granted.push('greedy'))
  greedy.ask(100, () => void granted.push('greedy again'))
  modest.ask(50, () => void granted.push('modest'))
  expect(granted).toEqual(['greedy', 'modest'])
  greedy.hold(101)
  modest.hold(10)
  expect([greedy.isFull(), modest.isFull()]).toEqual([true, false])
  modest.hold(1)
  expect(modest.isFull()).toBe(true)
  greedy.hold(-50)
  expect([greedy.isFull(), modest.isFull()]).toEqual([false, false])
})
