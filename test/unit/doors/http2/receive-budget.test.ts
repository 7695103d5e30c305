import { expect, test } from 'vitest'
import { createReceiveBudget } from '../../../../pdp/doors/http2/receive-budget.ts'

test('bodies are let in whole, in the order of asking, as long as there is room', () => {
  const granted: string[] = []
  const budget = createReceiveBudget(100)
  const ask = (name: string, bytes: number) => budget.ask(bytes, () => void granted.push(name))
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
  const granted: string[] = []
  const budget = createReceiveBudget(100)
  const small = budget.ask(10, () => void granted.push('small'))
  const great = budget.ask(500, () => void granted.push('great'))
  expect(granted).toEqual(['small'])
  small()
  expect(granted).toEqual(['small', 'great'])
  great()
})

test('who no longer asks holds up nobody', () => {
  const granted: string[] = []
  const budget = createReceiveBudget(100)
  const first = budget.ask(90, () => undefined)
  const gone = budget.ask(90, () => void granted.push('gone'))
  budget.ask(10, () => void granted.push('third'))
  gone()
  expect(granted).toEqual(['third'])
  first()
  expect(granted).toEqual(['third'])
})
