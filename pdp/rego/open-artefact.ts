import type { OpenArtefact } from '../core/artefact-host.ts'

/** Finds `openArtefact` among what a module exports. Throws where there is none: the wrong module was named. */
export function asArtefactOpener(exported: unknown): OpenArtefact {
  if (typeof exported === 'object' && exported !== null && 'openArtefact' in exported) {
    const { openArtefact } = exported
    if (isOpener(openArtefact)) return openArtefact
  }
  throw new Error('the module at artefactHost exports no function `openArtefact`')
}

const isOpener = (value: unknown): value is OpenArtefact => typeof value === 'function'
