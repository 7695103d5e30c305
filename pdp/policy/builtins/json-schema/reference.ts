import { isTreeList, isTreeObject, type Tree } from './tree.ts'

/** A `$ref` or `$id`, resolved as far as it can be. */
export interface Reference {
  /** Without the fragment; '' for the document itself. */
  readonly base: string
  readonly fragment: string
}

export const textOf = ({ base, fragment }: Reference): string => (fragment === '' ? base : `${base}#${fragment}`)

/** Reads a reference. Throws where it is no URI reference. */
export function readReference(text: string): Reference {
  if (/[\0-\x1f\x7f]|%(?![0-9a-fA-F]{2})|^:/.test(text)) throw new Error(`parse "${text}": invalid URI`)
  const hash = text.indexOf('#')
  if (hash < 0) return { base: text, fragment: '' }
  return { base: text.slice(0, hash), fragment: decodeURIComponent(text.slice(hash + 1)) }
}

const nowhere = 'nowhere://nowhere/'

/** A reference as seen from another (RFC 3986 §5.2); both may be relative. */
export function inherit(parent: Reference, child: Reference): Reference {
  if (/^[a-zA-Z][a-zA-Z\d+.-]*:/.test(child.base)) return child
  if (child.base === '') return { base: parent.base, fragment: child.fragment }
  const absolute = URL.canParse(parent.base)
  const resolved = new URL(child.base, absolute ? parent.base : new URL(parent.base, nowhere)).href
  return { base: absolute ? resolved : resolved.slice(nowhere.length - 1), fragment: child.fragment }
}

/** Whether it could be fetched from somewhere else. */
export const isCanonical = ({ base }: Reference): boolean => /^[a-zA-Z][a-zA-Z\d+.-]*:\/\/[^/]/.test(base)

/** What a JSON pointer (RFC 6901) in the fragment leads to; any other fragment is the whole. Throws Go's message. */
export function follow(fragment: string, document: Tree): Tree {
  if (!fragment.startsWith('/')) return document
  let node = document
  for (const written of fragment.slice(1).split('/')) {
    const token = written.replaceAll('~1', '/').replaceAll('~0', '~')
    node = step(node, token)
  }
  return node
}

function step(node: Tree, token: string): Tree {
  if (isTreeObject(node)) {
    const member = node.get(token)
    if (member === undefined) throw new Error(`Object has no key '${token}'`)
    return member
  }
  if (!isTreeList(node)) throw new Error(`Invalid token reference '${token}'`)
  if (!/^[+-]?\d+$/.test(token)) throw new Error(`Invalid array index '${token}'`)
  const item = node[Number(token)]
  if (item === undefined) throw new Error(`Out of bound array[0,${node.length}] index '${Number(token)}'`)
  return item
}
