/** Throws on a name that is reserved for introspection (GraphQL October 2021 §4). */
export function checkName(name: string): void {
  if (name.startsWith('__')) throw new Error('a name that introspection reserves')
}
