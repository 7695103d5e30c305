package agent_tools_test

import data.agent_tools

test_an_agent_may_not_call_tools_on_its_own if {
	decision := agent_tools.decision with input as ask([on_behalf_of([])])
	denied(decision, {"no_user"})
}

test_a_chain_that_is_absent_is_no_chain if {
	decision := agent_tools.decision with input as without(desk_agent_reads_calendar, "delegation")
	denied(decision, {"no_user"})
}

test_a_user_from_an_issuer_of_workloads_is_refused if {
	impostor := alice_with({"issuer": "https://ci.example.org"})
	decision := agent_tools.decision with input as ask([on_behalf_of([impostor])])
	denied(decision, {"user_issuer_refused"})
}

test_a_task_may_pass_through_one_known_intermediary if {
	decision := agent_tools.decision with input as ask([on_behalf_of([alice, planner])])
	allowed(decision)
}

test_a_task_may_not_pass_through_an_unknown_party if {
	stranger := {"issuer": "https://login.example.org", "id": "stranger"}
	decision := agent_tools.decision with input as ask([on_behalf_of([alice, stranger])])
	denied(decision, {"intermediary_unknown"})
}

test_the_name_of_an_intermediary_from_another_issuer_is_unknown if {
	namesake := {"issuer": "https://ci.example.org", "id": "planner"}
	decision := agent_tools.decision with input as ask([on_behalf_of([alice, namesake])])
	denied(decision, {"intermediary_unknown"})
}

test_a_chain_of_three_is_too_deep_even_through_known_parties if {
	decision := agent_tools.decision with input as ask([on_behalf_of([alice, planner, planner])])
	decision.allow == false
	decision.reasons == {{
		"code": "chain_too_deep",
		"message": "the task may pass through at most 2 parties before the agent",
	}}
}

test_without_the_scope_of_the_user_the_tool_is_refused_and_the_scope_named if {
	decision := agent_tools.decision with input as ask([
		calling("mail.send"),
		on_behalf_of([alice_with({"claims": {"scope": "calendar:read"}})]),
	])
	decision == {
		"allow": false,
		"reasons": {{
			"code": "scope_missing",
			"message": "the user has not granted mail:send, which mail.send needs",
		}},
		"obligations": [],
		"ttl": 5,
		"challenge": {"scope": "mail:send"},
	}
}

test_no_other_refusal_asks_for_a_scope if {
	decision := agent_tools.decision with input as ask([on_behalf_of([])])
	not decision.challenge
}

test_part_of_a_scope_is_not_the_scope if {
	decision := agent_tools.decision with input as ask([
		calling("mail.send"),
		on_behalf_of([alice_with({"claims": {"scope": "mail:sender mail"}})]),
	])
	denied(decision, {"scope_missing"})
}

test_a_user_without_claims_holds_no_scope if {
	decision := agent_tools.decision with input as ask([on_behalf_of([without(alice, "claims")])])
	denied(decision, {"scope_missing"})
}

test_a_scope_of_an_intermediary_does_not_stand_in_for_the_user if {
	generous := object.union(planner, {"claims": {"scope": "calendar:read"}})
	bare := alice_with({"claims": {"scope": "openid"}})
	decision := agent_tools.decision with input as ask([on_behalf_of([bare, generous])])
	denied(decision, {"scope_missing"})
}
