import type { Builtin } from './builtin.ts'

/** `glob.quote_meta`: the text as a glob that matches nothing but it. */
export const globQuoteMeta: Builtin = {
  name: 'glob.quote_meta',
  call: (text) => (typeof text === 'string' ? text.replaceAll(/[*?\\[\]{}]/g, String.raw`\$&`) : undefined),
}
