# METADATA
# title: Orders
# description: >-
#   Decides what workloads may do with the orders, payments and exports of a shop. The question is read in question.rego;
#   isolation.rego, rights.rego (with grants.rego) and assurance.rego are the gates. What changes from day to day is in
#   data.json.
package orders

# The gates in the order they are tried: who asks, about what, from where, by which right, how well proved. Only the
# first closed one is reported. Nobody should fetch a stronger credential only to learn that they have no right, and a
# stranger should not learn which rights exist.
gates := [
	identity_refusals,
	question_refusals,
	isolation_refusals,
	right_refusals,
	assurance_refusals,
]

closed_gates := [refusals |
	some refusals in gates
	count(refusals) > 0
]

# METADATA
# title: Decision on one action
# description: The two bodies exclude each other. If neither holds the decision is undefined, which denies.
# entrypoint: true
decision := {
	"allow": false,
	"reasons": closed_gates[0],
	"obligations": [],
	"ttl": 5,
} if {
	count(closed_gates) > 0
}

# An allow rests on something that permits, not merely on nothing that refuses.
decision := {
	"allow": true,
	"reasons": permits,
	"obligations": sort(obligations), # a list made of a set in a comprehension has another order in compiled policies
	"ttl": min({60} | {seconds_left(grant) | some grant in used_grants}),
} if {
	count(closed_gates) == 0
	count(permits) > 0
}

# What the resource server must do with an allow. One that does not know a type listed here has to deny.
obligations contains {
	"id": $"mask-{question.type}",
	"type": "mask_fields",
	"properties": {"fields": resource.masked_fields},
} if {
	resource.masked_fields
}

obligations contains {
	"id": $"notify-{grant.id}",
	"type": "notify",
	"properties": {"namespace": resource.namespace, "grant": grant.id},
} if {
	some grant in used_grants
}
