package orders_test

import data.orders

test_an_allow_names_the_right_it_rests_on if {
	decision := orders.decision with input as checkout_reads_order
	decision == {
		"allow": true,
		"reasons": {{"code": "standing_right", "message": "shop/checkout may read orders in production"}},
		"obligations": [],
		"ttl": 60,
	}
}

test_a_deny_says_why if {
	decision := orders.decision with input as ask([{"attested": {"environment": "staging"}}])
	decision == {
		"allow": false,
		"reasons": {{
			"code": "environment_mismatch",
			"message": "staging workloads may not read production orders",
		}},
		"obligations": [],
		"ttl": 5,
	}
}

test_only_the_first_closed_gate_is_reported if {
	# Wrong environment, no right and too little assurance: the environment comes first.
	changes := [{"attested": {"environment": "staging"}}, question("delete", "export", "7"), assurance({"level": 0})]
	decision := orders.decision with input as ask(changes)
	denied(decision, {"environment_mismatch"})
}

test_an_empty_input_is_denied if {
	decision := orders.decision with input as {}
	denied(decision, {"unidentified"})
}

test_an_absent_input_is_denied if {
	denied(orders.decision, {"unidentified"})
}

test_card_numbers_of_payments_are_masked if {
	changes := [
		by_workload("billing", "invoicing"),
		question("read", "payment", "1042"),
		assurance({"level": 3, "possession": "request"}),
	]
	decision := orders.decision with input as ask(changes)
	allowed(decision, "standing_right")
	decision.obligations == [{
		"id": "mask-payment",
		"type": "mask_fields",
		"properties": {"fields": ["card_number"]},
	}]
}
