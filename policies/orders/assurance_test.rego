package orders_test

import data.orders

invoicing_reads_payment(attributes) := ask([
	by_workload("billing", "invoicing"),
	question("read", "payment", "1042"),
	assurance(attributes),
])

reporting_creates_export(attributes) := ask([
	by_workload("shop", "reporting"),
	question("create", "export", ""),
	assurance(object.union({"level": 3, "possession": "channel", "attested": true, "age_s": 900}, attributes)),
])

test_a_bearer_token_is_enough_for_internal_resources if {
	decision := orders.decision with input as ask([assurance({"level": 1, "possession": "none"})])
	allowed(decision, "standing_right")
}

test_a_shared_secret_is_not_enough_for_anything if {
	decision := orders.decision with input as ask([assurance({"level": 0})])
	decision.allow == false
	decision.reasons == {{"code": "assurance_too_low", "message": "internal resources need assurance level 1"}}
}

test_a_bearer_token_is_not_enough_for_confidential_resources if {
	decision := orders.decision with input as invoicing_reads_payment({"level": 1, "possession": "none"})
	denied(decision, {"assurance_too_low", "possession_required"})
}

test_a_level_does_not_stand_in_for_possession if {
	decision := orders.decision with input as invoicing_reads_payment({"level": 4, "possession": "none"})
	decision.allow == false
	decision.reasons == {{
		"code": "possession_required",
		"message": `confidential resources need one of these proofs of a key: ["request", "channel", "hardware"]`,
	}}
}

test_any_proof_of_a_key_opens_confidential_resources[possession] if {
	some possession in ["request", "channel", "hardware"]
	decision := orders.decision with input as invoicing_reads_payment({"level": 2, "possession": possession})
	allowed(decision, "standing_right")
}

test_a_class_asks_only_for_what_it_states if {
	decision := orders.decision with input as invoicing_reads_payment({
		"level": 2,
		"possession": "request",
		"attested": false,
		"age_s": 86400,
	})
	allowed(decision, "standing_right")
}

test_restricted_resources_open_to_a_fresh_attested_key_of_the_channel if {
	decision := orders.decision with input as reporting_creates_export({})
	allowed(decision, "standing_right")
}

test_restricted_resources_refuse_less[code] if {
	some code, less in {
		"assurance_too_low": {"level": 2},
		"possession_required": {"possession": "request"},
		"not_attested": {"attested": false},
		"credential_too_old": {"age_s": 901},
	}
	decision := orders.decision with input as reporting_creates_export(less)
	denied(decision, {code})
}

test_an_absent_attribute_refuses_like_a_bad_one[attribute] if {
	some code, attribute in {
		"assurance_too_low": "level",
		"possession_required": "possession",
		"not_attested": "attested",
		"credential_too_old": "age_s",
	}
	lacking := without(reporting_creates_export({}), concat("/", ["subject/assurance", attribute]))
	decision := orders.decision with input as lacking
	denied(decision, {code})
}

test_a_resource_of_unknown_class_is_denied if {
	decision := orders.decision with input as checkout_reads_order
		with data.orders.classes as {}
	denied(decision, {"assurance_too_low"})
}

test_an_unattested_identity_is_told_for_what_it_is_not_enough if {
	decision := orders.decision with input as reporting_creates_export({"attested": false})
	decision.reasons == {{
		"code": "not_attested",
		"message": "restricted resources need an identity that its platform vouches for",
	}}
}

test_an_old_credential_is_told_how_old_it_may_be if {
	decision := orders.decision with input as reporting_creates_export({"age_s": 901})
	decision.reasons == {{
		"code": "credential_too_old",
		"message": "restricted resources need a credential issued in the last 900 seconds",
	}}
}
