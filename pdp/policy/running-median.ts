/** About the median of the latest values: each moves it by a tenth towards itself, however far away it is. */
export interface RunningMedian {
  add(value: number): void
  /** Undefined before the first value. */
  value(): number | undefined
}

export function createRunningMedian(start?: number): RunningMedian {
  let median = start
  return {
    add(value) {
      if (median === undefined) median = value
      else median *= value > median ? 1.1 : 1 / 1.1
    },
    value: () => median,
  }
}
