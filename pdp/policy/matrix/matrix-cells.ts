import { unproved } from '../../core/caller.ts'
import { instant, nanosecondDigits, readRfc3339 } from '../../core/time.ts'
import type { CorpusCase } from '../corpus.ts'
import type { Matrix } from './read-matrix.ts'

/** One question of a matrix. `path`: of what says its answer in the file, the principal where nothing lists it. */
export interface MatrixCell {
  readonly name: string
  readonly question: Pick<CorpusCase, 'entrypoint' | 'input'>
  readonly allow: boolean
  readonly path: readonly string[]
}

/** Every principal with every resource and action. `entrypoint`: the one that is asked where the matrix says none. */
export function matrixCells(matrix: Matrix, service: string, entrypoint: string): readonly MatrixCell[] {
  const { principals, resources, actions, allow } = matrix
  // it was read as a time
  const time = { now_ns: nanosecondDigits(readRfc3339(matrix.now) ?? instant(0)) }
  return Object.entries(principals).flatMap(([who, principal]) =>
    Object.entries(resources).flatMap(([what, resource]) =>
      actions.map((action): MatrixCell => {
        const { subject, ...facts } = principal
        const input = {
          service: { name: service },
          pep: { name: 'matrix' },
          context: {},
          attested: {},
          attested_sources: {},
          verified: [],
          delegation: [],
          ...matrix.input,
          ...facts,
          ...(subject && {
            subject: {
              issuer: 'matrix',
              methods: [],
              ...subject,
              assurance: { ...unproved, ...subject.assurance },
            },
          }),
          action: { name: action },
          resource: { ...resource, properties: resource.properties ?? {} },
          time,
        }
        const rights = Object.hasOwn(allow, who) ? allow[who] : undefined
        const listed = rights && Object.hasOwn(rights, what) ? rights[what]?.includes(action) === true : false
        return {
          name: `${who} ${action} ${what}`,
          question: { entrypoint: matrix.entrypoint ?? entrypoint, input },
          allow: listed,
          path: listed ? ['allow', who, what] : ['principals', who],
        }
      }),
    ),
  )
}
