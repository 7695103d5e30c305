package orders_test

import data.orders

proxied(method, path_segments) := object.union(
	object.filter(checkout_reads_order, ["service", "pep", "subject", "attested", "delegation", "time"]),
	{"request": {"method": method, "path_segments": path_segments}},
)

test_a_proxied_get_of_one_order_reads_it if {
	decision := orders.decision with input as proxied("GET", ["v1", "orders", "42"])
	allowed(decision, "standing_right")
}

test_a_proxied_get_of_all_orders_lists_them if {
	decision := orders.decision with input as proxied("GET", ["v1", "orders"])
	decision.reasons == {{"code": "standing_right", "message": "shop/checkout may list orders in production"}}
}

test_a_proxied_post_creates_an_order if {
	decision := orders.decision with input as proxied("POST", ["v1", "orders"])
	allowed(decision, "standing_right")
}

test_a_proxied_delete_cancels_and_needs_that_right if {
	decision := orders.decision with input as proxied("DELETE", ["v1", "orders", "42"])
	denied(decision, {"no_right"})
}

test_a_proxied_request_that_is_no_known_question_is_denied[$"{method} {path}"] if {
	some [method, path] in [
		["PATCH", "v1/orders/42"],
		["POST", "v1/orders/42"],
		["GET", "v2/orders/42"],
		["GET", "v1/customers/42"],
		["GET", "v1/orders/42/items"],
		["GET", "v1"],
	]
	decision := orders.decision with input as proxied(method, split(path, "/"))
	denied(decision, {"question_unknown"})
}

test_a_named_question_wins_over_the_request if {
	harmless := {"request": {"method": "GET", "path_segments": ["v1", "orders", "42"]}}
	decision := orders.decision with input as ask([harmless, question("cancel", "order", "42")])
	denied(decision, {"no_right"})
}

test_half_a_question_is_not_completed_from_the_request[$"{missing} {path}"] if {
	some missing in ["action", "resource"]
	some path in ["v1/orders/42", "v1/orders"]
	whole := ask([{"request": {"method": "GET", "path_segments": split(path, "/")}}])
	decision := orders.decision with input as without(whole, missing)
	denied(decision, {"question_unknown"})
}

test_a_resource_of_unknown_type_is_denied if {
	decision := orders.decision with input as ask([question("read", "customer", "42")])
	denied(decision, {"question_unknown"})
}

test_an_action_on_a_resource_without_id_is_a_question if {
	decision := orders.decision with input as without(ask([question("list", "order", "")]), "resource/id")
	allowed(decision, "standing_right")
}

test_what_a_proxy_hands_over_is_read_as_a_question[$"{method} {path}"] if {
	some [method, path, read] in [
		["HEAD", "v1/orders/42", {"action": "read", "type": "order", "id": "42"}],
		["DELETE", "v1/orders/42", {"action": "cancel", "type": "order", "id": "42"}],
		["HEAD", "v1/orders", {"action": "list", "type": "order", "id": ""}],
		["GET", "v1/payments/1042", {"action": "read", "type": "payment", "id": "1042"}],
		["POST", "v1/exports", {"action": "create", "type": "export", "id": ""}],
	]
	asked := orders.question with input as proxied(method, split(path, "/"))
	asked == read
}

test_a_question_that_is_unknown_is_told if {
	decision := orders.decision with input as ask([question("read", "customer", "42")])
	decision.reasons == {{
		"code": "question_unknown",
		"message": "the request names no action on a known resource",
	}}
}
