/** One element of a layout, and the text before it. The last chunk has the element ''. */
export interface LayoutChunk {
  readonly prefix: string
  /** As it stands in the layout, as `2006` or `-07:00`; `.0` or `.9` for fractions of a second. */
  readonly element: string
  /** Of a fraction: how many digits, and the point or comma before them. */
  readonly digits: number
  readonly separator: string
}

// Go's nextStdChunk: the first that fits, from left to right. `_2006` is a literal underscore and a year.
const elements =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|1|2006|2|_2(?!006)|__2|[345]|PM|pm|-070000|-07:00:00|-0700|-07:00|-07|Z070000|Z07:00:00|Z0700|Z07:00|Z07|[.,](?:0+|9+)(?!\d)/g

/** Cuts a layout of Go's `time` package into its elements. */
export function readLayout(layout: string): readonly LayoutChunk[] {
  const chunks: LayoutChunk[] = []
  let end = 0
  for (const { 0: element, index } of layout.matchAll(elements)) {
    chunks.push({ prefix: layout.slice(end, index), ...elementOf(element) })
    end = index + element.length
  }
  return [...chunks, { prefix: layout.slice(end), ...elementOf('') }]
}

function elementOf(text: string): Omit<LayoutChunk, 'prefix'> {
  if (!/^[.,]/.test(text)) return { element: text, digits: 0, separator: '' }
  // Go keeps the number of digits in twelve bits
  return { element: `.${text.charAt(1)}`, digits: (text.length - 1) & 0xfff, separator: text.charAt(0) }
}

const named: ReadonlyMap<string, string> = new Map([
  ['ANSIC', 'Mon Jan _2 15:04:05 2006'],
  ['UnixDate', 'Mon Jan _2 15:04:05 MST 2006'],
  ['RubyDate', 'Mon Jan 02 15:04:05 -0700 2006'],
  ['RFC822', '02 Jan 06 15:04 MST'],
  ['RFC822Z', '02 Jan 06 15:04 -0700'],
  ['RFC850', 'Monday, 02-Jan-06 15:04:05 MST'],
  ['RFC1123', 'Mon, 02 Jan 2006 15:04:05 MST'],
  ['RFC1123Z', 'Mon, 02 Jan 2006 15:04:05 -0700'],
  ['RFC3339', '2006-01-02T15:04:05Z07:00'],
  ['RFC3339Nano', '2006-01-02T15:04:05.999999999Z07:00'],
])

/** The layout that a constant of Go stands for, of those that OPA knows; any other text is a layout itself. */
export const layoutNamed = (name: string): string => named.get(name) ?? name

export const monthNames: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

export const weekdayNames: readonly string[] = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
]
