import { isMap, parseDocument } from 'yaml'

/** A member of the registry's document, and what it becomes; the steps lead to it. */
export interface ClientsEdit {
  readonly at: readonly (string | number)[]
  readonly value: unknown
}

/**
 * The text of a registry after edits; comments and order stay. At a number equal to its length, a list gets one more.
 * Whether the outcome is a registry is for its reader to say.
 */
export function editClients(text: string, edits: readonly ClientsEdit[]): string {
  const document = parseDocument(text === '' ? 'clients: {}\n' : text, { uniqueKeys: true })
  for (const { at, value } of edits) {
    const list = at.slice(0, -1)
    const begins = typeof at.at(-1) === 'number' && !document.hasIn(list)
    if (begins) document.setIn(list, document.createNode([value]))
    else document.setIn(at, document.createNode(value))
  }
  // an empty one was written as `{}`, and would go on in one line
  if (isMap(document.contents)) document.contents.flow = false
  const clients = document.get('clients')
  if (isMap(clients)) clients.flow = false
  return document.toString({ lineWidth: 0 })
}
