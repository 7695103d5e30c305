/** Runs what it is given one after the other, whatever became of the one before. */
export type Serially = <T>(run: () => Promise<T>) => Promise<T>

export function createSerially(): Serially {
  let last: Promise<unknown> = Promise.resolve()
  return (run) => {
    const outcome = last.then(run)
    last = outcome.catch(() => undefined)
    return outcome
  }
}
