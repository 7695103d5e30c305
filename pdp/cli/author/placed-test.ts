import type { TestResult } from '../../rego/test.ts'

type Placed = (module: string) => string

/** A result whose paths can be opened from here. */
export function placedTest(test: TestResult, placed: Placed): TestResult {
  const { artefact } = test
  return {
    ...placedFault(test, placed),
    file: placed(test.file),
    ...(artefact && { artefact: placedFault(artefact, placed) }),
  }
}

/** An object by paths of modules, by paths that can be opened from here. */
export const placedNames = <T>(files: Readonly<Record<string, T>>, placed: Placed): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(files).map(([file, value]) => [placed(file), value]))

function placedFault<T extends Pick<TestResult, 'error' | 'failedAt'>>(fault: T, placed: Placed): T {
  const { error, failedAt } = fault
  return {
    ...fault,
    ...(error && { error: { ...error, file: error.file === '' ? '' : placed(error.file) } }),
    ...(failedAt && { failedAt: { ...failedAt, file: placed(failedAt.file) } }),
  }
}
