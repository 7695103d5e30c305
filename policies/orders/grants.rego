package orders

# A just-in-time grant lets one workload do something to one resource until a given moment. It is the only way across
# namespaces, and there is none across environments.
matching_grants contains grant if {
	some grant in data.orders.grants
	grant.environment == input.service.environment
	grant.workload == {"namespace": caller.namespace, "service_account": caller.service_account}
	question.action in grant.actions
	grant.resource == {"type": question.type, "id": question.id}
}

# Where a standing right suffices no grant is used, and nobody is notified of one.
used_grants contains grant if {
	not standing_right
	some grant in matching_grants
	nanoseconds_left(grant) > 0
}

# The time of the decision, not of the clock, so that a recorded decision can be replayed. A date that cannot be read
# leaves this undefined, and the grant counts as expired.
nanoseconds_left(grant) := time.parse_rfc3339_ns(grant.expires_at) - input.time.now_ns

# Rounded down, lest a cached allow outlive its grant.
seconds_left(grant) := floor(nanoseconds_left(grant) / 1000000000)

permits contains {
	"code": "just_in_time_grant",
	"message": $"grant {grant.id} holds until {grant.expires_at}",
} if {
	some grant in used_grants
}

right_refusals contains {
	"code": "grant_expired",
	"message": $"grant {grant.id} expired at {grant.expires_at}",
} if {
	count(permits) == 0
	some grant in matching_grants
}
