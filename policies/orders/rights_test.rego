package orders_test

import data.orders

test_checkout_may_cancel_orders_in_staging if {
	decision := orders.decision with input as ask([in_staging, question("cancel", "order", "42")])
	allowed(decision, "standing_right")
}

test_checkout_may_not_cancel_orders_in_production if {
	decision := orders.decision with input as ask([question("cancel", "order", "42")])
	decision.allow == false
	decision.reasons == {{"code": "no_right", "message": "shop/checkout may not cancel orders in production"}}
}

test_a_workload_that_is_not_in_the_table_has_no_right if {
	decision := orders.decision with input as ask([by_workload("shop", "newsletter")])
	denied(decision, {"no_right"})
}

test_the_same_service_account_in_another_namespace_is_another_workload if {
	decision := orders.decision with input as ask([by_workload("marketing", "checkout")])
	denied(decision, {"namespace_mismatch"})
}

test_without_a_rights_table_nobody_has_a_right if {
	decision := orders.decision with input as checkout_reads_order
		with data.orders.rights as {}
	denied(decision, {"no_right"})
}
