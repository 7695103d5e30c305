package orders

# Everything here was proved by a credential or set by configuration. input.context and the properties of the resource are
# what the asker says of itself, and no rule of this policy reads them. The name is for messages; rules compare its parts,
# since `a/b` with `c` and `a` with `b/c` have the same name.
caller := {
	"environment": input.attested.environment,
	"namespace": input.attested.namespace,
	"service_account": input.attested.service_account,
	"name": $"{input.attested.namespace}/{input.attested.service_account}",
}

identity_refusals contains {
	"code": "unidentified",
	"message": "the caller presented no credential",
} if {
	not input.subject.id
}

# An unmapped fact is an absent key, and `caller` is undefined if one of the three is absent.
identity_refusals contains {
	"code": "facts_missing",
	"message": "environment, namespace and service account of the caller are not all attested",
} if {
	input.subject.id
	not caller
}

# A comparison with an absent value is neither true nor false, so absence needs a refusal of its own.
isolation_refusals contains {
	"code": "environment_unknown",
	"message": "the environment of the service is not configured",
} if {
	not input.service.environment
}

isolation_refusals contains {
	"code": "environment_mismatch",
	"message": $"{caller.environment} workloads may not {question.action} {input.service.environment} {question.type}s",
} if {
	caller.environment != input.service.environment
}

in_own_namespace if caller.namespace == resource.namespace
