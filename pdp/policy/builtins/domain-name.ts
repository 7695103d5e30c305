/** Whether Go takes a name for a domain in certificates: printable ASCII, no empty label; `.example.com` as a constraint. */
export function isDomain(name: string, isConstraint: boolean): boolean {
  if (name === '') return true
  const body = isConstraint && name.startsWith('.') ? name.slice(1) : name
  return !name.endsWith('.') && /^[!-~]*$/.test(body) && body.split('.').every((label) => label !== '')
}

/** Whether a text is a domain as it stands in a mailbox: no empty label anywhere. */
export const isMailDomain = (name: string): boolean =>
  name === '' || (/^[!-~]*$/.test(name) && name.split('.').every((label) => label !== ''))
