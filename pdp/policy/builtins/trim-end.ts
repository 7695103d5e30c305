/** Without the trailing characters that are among the given; a pattern such as `/ +$/` takes the square of its time. */
export function trimEnd(text: string, characters: string): string {
  let end = text.length
  while (end > 0 && characters.includes(text[end - 1] ?? '')) end--
  return text.slice(0, end)
}
