package orders

# A standing right belongs to a workload in one environment: what is harmless in staging may be forbidden in production.
# It ends at the border of the namespace, so that a slip in the table cannot open another team's resources.
standing_right if {
	in_own_namespace
	environment_rights := data.orders.rights[input.service.environment]
	question.action in environment_rights[caller.namespace][caller.service_account][question.type]
}

permits contains {
	"code": "standing_right",
	"message": $"{caller.name} may {question.action} {question.type}s in {input.service.environment}",
} if {
	standing_right
}

right_refusals contains {
	"code": "no_right",
	"message": $"{caller.name} may not {question.action} {question.type}s in {input.service.environment}",
} if {
	count(permits) == 0
	in_own_namespace
}

right_refusals contains {
	"code": "namespace_mismatch",
	"message": $"{caller.namespace} workloads may not {question.action} {resource.namespace} {question.type}s",
} if {
	count(permits) == 0
	not in_own_namespace
}
