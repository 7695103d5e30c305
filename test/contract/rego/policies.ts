import type { RegoAnswer } from '../../../pdp/rego/answer.ts'

/** The value of an answer that must be good; fails the test with the errors otherwise. */
export function valueOf<T>(answer: RegoAnswer<T>): T {
  if (!answer.ok) throw new Error(JSON.stringify(answer.errors, null, 1))
  return answer.value
}

/** The errors of an answer that must not be good, each as `file:row:col code message`. */
export function errorsOf(answer: RegoAnswer<unknown>): readonly string[] {
  if (answer.ok) throw new Error('expected a refusal')
  return answer.errors.map(({ file, row, col, code, message }) => `${file}:${row}:${col} ${code} ${message}`)
}

/** A policy over several files, with a helper package, data, metadata and a host builtin. */
export const orders = {
  'orders/decision.rego': `# METADATA
# title: orders
package orders

import data.orders.lib

default decision := {"allow": false}

# METADATA
# title: staff may read
decision := {"allow": true} if {
	input.action == "read"
	lib.is_staff(input.subject)
	time.now_ns() > 0
}

limits[name] := limit if some name, limit in data.orders.config.limits
`,
  'orders/lib.rego': `package orders.lib

is_staff(subject) if {
	startswith(subject.id, "staff/")
	some role in subject.roles
	role in {"reader", "writer"}
}
`,
} as const

export const ordersData = { orders: { config: { limits: { small: 10, large: 1000 } } } } as const
