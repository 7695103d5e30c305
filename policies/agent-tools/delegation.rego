package agent_tools

# delegation[0] is the user for whom the agent acts, the further entries are those who passed the task on. The agent
# itself is the subject and not part of the chain.
user := input.delegation[0]

intermediaries := array.slice(input.delegation, 1, count(input.delegation))

# An id means something only together with its issuer: any issuer we trust for workloads could mint an `alice`.
users_issuer if user.issuer in data.agent_tools.delegation.user_issuers

known_intermediary(actor) if {
	{"issuer": actor.issuer, "id": actor.id} in data.agent_tools.delegation.intermediaries
}

short_enough if count(input.delegation) <= data.agent_tools.delegation.max_depth

delegation_refusals contains {
	"code": "no_user",
	"message": "an agent may only call tools on behalf of a user",
} if {
	not user.id
}

delegation_refusals contains {
	"code": "user_issuer_refused",
	"message": "the issuer of the delegation does not speak for users",
} if {
	user.id
	not users_issuer
}

delegation_refusals contains {
	"code": "chain_too_deep",
	"message": $"the task may pass through at most {data.agent_tools.delegation.max_depth} parties before the agent",
} if {
	user.id
	not short_enough
}

# Those in between add nothing to what the agent may do (RFC 8693 §4.1): they can only close the gate.
delegation_refusals contains {
	"code": "intermediary_unknown",
	"message": "the task passed through a party that may not pass tasks on",
} if {
	some actor in intermediaries
	not known_intermediary(actor)
}

# Whole scopes are compared: `mail:send` is not part of `mail:sender`.
user_holds_scope if tool.scope in split(user.claims.scope, " ")

scope_refusals contains {
	"code": "scope_missing",
	"message": $"the user has not granted {tool.scope}, which {question.tool} needs",
} if {
	not user_holds_scope
}
