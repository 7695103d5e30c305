package orders_test

import data.orders

test_an_anonymous_caller_is_denied if {
	decision := orders.decision with input as without(checkout_reads_order, "subject")
	denied(decision, {"unidentified"})
}

test_a_caller_with_an_unmapped_fact_is_denied[fact] if {
	some fact in ["environment", "namespace", "service_account"]
	decision := orders.decision with input as without(checkout_reads_order, concat("/", ["attested", fact]))
	denied(decision, {"facts_missing"})
}

test_a_service_without_environment_denies if {
	decision := orders.decision with input as without(checkout_reads_order, "service/environment")
	denied(decision, {"environment_unknown"})
}

test_production_workloads_may_not_read_staging_orders_either if {
	decision := orders.decision with input as ask([{"service": {"environment": "staging"}}])
	decision.reasons == {{
		"code": "environment_mismatch",
		"message": "production workloads may not read staging orders",
	}}
}

test_a_workload_may_not_reach_into_another_namespace if {
	changes := [question("read", "payment", "1042"), assurance({"level": 3, "possession": "channel"})]
	decision := orders.decision with input as ask(changes)
	decision.allow == false
	decision.reasons == {{
		"code": "namespace_mismatch",
		"message": "shop workloads may not read billing payments",
	}}
}

test_a_slip_in_the_rights_table_does_not_open_another_namespace if {
	changes := [question("read", "payment", "1042"), assurance({"level": 3, "possession": "channel"})]
	decision := orders.decision with input as ask(changes)
		with data.orders.rights as {"production": {"shop": {"checkout": {"payment": ["read"]}}}}
	denied(decision, {"namespace_mismatch"})
}

test_what_the_asker_claims_changes_nothing if {
	claims := {"environment": "production", "namespace": "shop"}
	changes := [
		{"attested": {"environment": "staging"}, "context": claims},
		{"resource": {"properties": claims}},
	]
	decision := orders.decision with input as ask(changes)
	denied(decision, {"environment_mismatch"})
}

test_what_is_missing_of_the_identity_is_told[what] if {
	some what, said in {
		"subject": "the caller presented no credential",
		"attested/namespace": "environment, namespace and service account of the caller are not all attested",
		"service/environment": "the environment of the service is not configured",
	}
	decision := orders.decision with input as without(checkout_reads_order, what)
	{reason.message | some reason in decision.reasons} == {said}
}
