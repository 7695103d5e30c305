import { isNumber, listOf, mapOf, maybe, shapeOf } from './guards.ts'

/** OPA's coverage report, in its own words, so that tools which read `opa test --coverage` read it too. */
export interface CoverageReport {
  readonly files: Readonly<Record<string, FileCoverage>>
  readonly covered_lines: number
  readonly not_covered_lines: number
  /** In percent. */
  readonly coverage: number
}

/** What is zero or empty is absent. */
export interface FileCoverage {
  readonly covered?: readonly CoverageRange[]
  readonly not_covered?: readonly CoverageRange[]
  readonly covered_lines?: number
  readonly not_covered_lines?: number
  readonly coverage?: number
}

export interface CoverageRange {
  readonly start: CoveragePosition
  readonly end: CoveragePosition
}

export interface CoveragePosition {
  readonly row: number
  readonly col?: number
}

const isPosition = shapeOf<CoveragePosition>({ row: isNumber, col: maybe(isNumber) })
const isRanges = listOf(shapeOf<CoverageRange>({ start: isPosition, end: isPosition }))

export const isCoverageReport = shapeOf<CoverageReport>({
  files: mapOf(
    shapeOf<FileCoverage>({
      covered: maybe(isRanges),
      not_covered: maybe(isRanges),
      covered_lines: maybe(isNumber),
      not_covered_lines: maybe(isNumber),
      coverage: maybe(isNumber),
    }),
  ),
  covered_lines: isNumber,
  not_covered_lines: isNumber,
  coverage: isNumber,
})
