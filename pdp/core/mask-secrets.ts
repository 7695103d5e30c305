/**
 * Masks what has the form of a secret: keys of ours, tokens, private keys, user names and passwords and queries of URLs.
 * A second line of defence: none of them has a place in a configuration, and schemas refuse most.
 */
export const maskSecrets = (text: string): string =>
  text
    .replace(forms, '[masked]')
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]+@/gi, '$1[masked]@')
    .replace(/\b(https?:\/\/[^\s?#]*)[?#]\S*/gi, '$1?[masked]')

const forms =
  /sp_(?:pep|admin)_[A-Za-z0-9_-]+|eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*/g
