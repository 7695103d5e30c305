# METADATA
# title: Agent tools
# description: >-
#   Decides which tools an AI agent may call for a user. Two parties have to be in order, and neither can lend the other
#   anything: the agent must be assigned the tool (agent.rego), and the user for whom it acts must hold the scope of the
#   tool (delegation.rego). A prompt can talk an agent into anything, so dangerous tools ask for more (danger.rego).
package agent_tools

# The gates in the order they are tried: which agent, which tool, for whom, by which scope, how well proved. Only the
# first closed one is reported.
gates := [
	agent_refusals,
	tool_refusals,
	delegation_refusals,
	scope_refusals,
	assurance_refusals,
]

closed_gates := [refusals |
	some refusals in gates
	count(refusals) > 0
]

# METADATA
# title: Decision on one tool call
# description: The bodies exclude each other. If none holds the decision is undefined, which denies.
# entrypoint: true
decision := {
	"allow": false,
	"reasons": closed_gates[0],
	"obligations": [],
	"ttl": 5,
} if {
	count(closed_gates) > 0
	not only_scope_is_missing
}

# The one refusal that the agent can do something about: it may ask the user for the scope (RFC 6750 §3.1).
decision := {
	"allow": false,
	"reasons": scope_refusals,
	"obligations": [],
	"ttl": 5,
	"challenge": {"scope": tool.scope},
} if {
	only_scope_is_missing
}

decision := {
	"allow": true,
	"reasons": permits,
	"obligations": [obligation | some obligation in obligations],
	"ttl": 30,
} if {
	count(closed_gates) == 0
	count(permits) > 0
}

only_scope_is_missing if closed_gates[0] == scope_refusals

permits contains {
	"code": "agent_for_user",
	"message": $"{agent.name} may call {question.tool}, for which its user holds {tool.scope}",
} if {
	assigned
	user_holds_scope
}
