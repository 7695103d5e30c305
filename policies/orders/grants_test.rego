package orders_test

import data.orders

support_reads_payment := ask([
	by_workload("support", "console"),
	question("read", "payment", "1042"),
	assurance({"level": 3, "possession": "channel"}),
])

support(changes) := object.union_n(array.concat([support_reads_payment], changes))

test_a_grant_opens_one_resource_across_namespaces if {
	decision := orders.decision with input as support_reads_payment
	decision.allow
	decision.reasons == {{
		"code": "just_in_time_grant",
		"message": "grant INC-2041 holds until 2026-03-02T14:00:00Z",
	}}
}

test_the_owner_is_notified_of_a_used_grant if {
	decision := orders.decision with input as support_reads_payment
	{"id": "notify-INC-2041", "type": "notify", "properties": {"namespace": "billing", "grant": "INC-2041"}} in decision.obligations
	{obligation.type | some obligation in decision.obligations} == {"mask_fields", "notify"}
}

test_an_allow_by_grant_does_not_outlive_it if {
	decision := orders.decision with input as support([at("2026-03-02T13:59:30.5Z")])
	allowed(decision, "just_in_time_grant")
	decision.ttl == 29
}

test_a_grant_far_from_its_end_has_the_usual_ttl if {
	decision := orders.decision with input as support_reads_payment
	decision.ttl == 60
}

test_a_grant_holds_until_the_last_nanosecond if {
	last := {"time": {"now_ns": time.parse_rfc3339_ns("2026-03-02T14:00:00Z") - 1}}
	decision := orders.decision with input as support([last])
	allowed(decision, "just_in_time_grant")
	decision.ttl == 0
}

test_a_grant_is_expired_at_its_end if {
	decision := orders.decision with input as support([at("2026-03-02T14:00:00Z")])
	decision.allow == false
	decision.reasons == {
		{"code": "grant_expired", "message": "grant INC-2041 expired at 2026-03-02T14:00:00Z"},
		{"code": "namespace_mismatch", "message": "support workloads may not read billing payments"},
	}
}

test_a_grant_does_not_count_when_the_time_is_unknown if {
	decision := orders.decision with input as without(support_reads_payment, "time")
	denied(decision, {"grant_expired", "namespace_mismatch"})
}

test_a_grant_whose_end_cannot_be_read_does_not_count if {
	decision := orders.decision with input as support_reads_payment
		with data.orders.grants as [object.union(data.orders.grants[0], {"expires_at": "next week"})]
	denied(decision, {"grant_expired", "namespace_mismatch"})
}

test_a_grant_covers_nothing_else[what] if {
	some what, change in {
		"another action": question("refund", "payment", "1042"),
		"another resource": question("read", "payment", "1043"),
		"another workload": by_workload("support", "chatbot"),
		"a namesake elsewhere": by_workload("shop", "console"),
	}
	decision := orders.decision with input as support([change])
	denied(decision, {"namespace_mismatch"})
}

test_a_grant_of_production_does_not_hold_in_staging if {
	decision := orders.decision with input as support([in_staging])
		with data.orders.grants as [data.orders.grants[0]]
	denied(decision, {"namespace_mismatch"})
}

test_a_grant_does_not_lower_the_assurance_that_is_needed if {
	decision := orders.decision with input as support([assurance({"possession": "none"})])
	denied(decision, {"possession_required"})
}

test_no_grant_is_used_where_a_standing_right_suffices if {
	decision := orders.decision with input as checkout_reads_order
		with data.orders.grants as [{
			"id": "SPARE",
			"environment": "production",
			"workload": {"namespace": "shop", "service_account": "checkout"},
			"actions": ["read"],
			"resource": {"type": "order", "id": "42"},
			"expires_at": "2026-03-02T13:30:10Z",
		}]
	allowed(decision, "standing_right")
	decision.obligations == []
	decision.ttl == 60
}

test_the_last_whole_second_of_a_grant_counts if {
	decision := orders.decision with input as support([at("2026-03-02T13:59:30Z")])
	decision.ttl == 30
}

test_a_grant_of_all_payments_opens_a_question_without_id[how] if {
	some how, asked in {
		"named": without(support([question("list", "payment", "")]), "resource/id"),
		"proxied": object.union(
			json.remove(support_reads_payment, ["action", "resource"]),
			{"request": {"method": "GET", "path_segments": ["v1", "payments"]}},
		),
	}
	all_payments := {"actions": ["list"], "resource": {"type": "payment", "id": ""}}
	decision := orders.decision with input as asked
		with data.orders.grants as [object.union(data.orders.grants[0], all_payments)]
	allowed(decision, "just_in_time_grant")
}
