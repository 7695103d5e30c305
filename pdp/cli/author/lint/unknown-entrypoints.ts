import { didYouMean } from '../../../core/did-you-mean.ts'
import { type JsonObject, member } from '../../../core/json.ts'
import { listAt, namesOf, rulePath } from './syntax.ts'

/** Entrypoints that are neither a rule nor a package of these modules, and what is probably meant. */
export function unknownEntrypoints(
  entrypoints: readonly string[],
  modules: readonly JsonObject[],
): readonly { readonly entrypoint: string; readonly message: string }[] {
  const rules = new Set(modules.flatMap((module) => listAt(module, 'rules').map((rule) => rulePath(module, rule))))
  const packages = new Set(modules.map((module) => namesOf(member(module, 'package')).slice(1).join('/')))
  return entrypoints.flatMap((entrypoint) => {
    if (rules.has(entrypoint) || packages.has(entrypoint)) return []
    const near = didYouMean(entrypoint, [...rules])
    const message = `no rule is at the entrypoint ${entrypoint}${near === undefined ? '' : `; did you mean ${near}?`}`
    return [{ entrypoint, message }]
  })
}
