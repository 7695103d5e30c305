package agent_tools_test

import data.agent_tools

test_an_anonymous_caller_is_denied if {
	decision := agent_tools.decision with input as without(desk_agent_reads_calendar, "subject")
	denied(decision, {"unidentified"})
}

test_a_user_cannot_make_any_workload_an_agent if {
	decision := agent_tools.decision with input as ask([{"attested": {"namespace": "shop", "service_account": "checkout"}}])
	denied(decision, {"agent_unknown"})
}

test_an_agent_of_staging_is_no_agent_of_production if {
	decision := agent_tools.decision with input as ask([{"attested": {"environment": "staging"}}])
	denied(decision, {"agent_unknown"})
}

test_a_caller_with_an_unmapped_fact_is_no_agent[fact] if {
	some fact in ["environment", "namespace", "service_account"]
	decision := agent_tools.decision with input as without(desk_agent_reads_calendar, concat("/", ["attested", fact]))
	denied(decision, {"agent_unknown"})
}

test_an_unmapped_environment_on_both_sides_is_not_the_same_environment if {
	lacking := without(without(desk_agent_reads_calendar, "attested/environment"), "service/environment")
	decision := agent_tools.decision with input as lacking
	denied(decision, {"agent_unknown"})
}

test_the_method_name_of_mcp_is_a_call_too if {
	decision := agent_tools.decision with input as ask([{"action": {"name": "tools/call"}}])
	allowed(decision)
}

test_anything_but_the_call_of_a_known_tool_is_denied[what] if {
	some what, change in {
		"another action": {"action": {"name": "describe"}},
		"another type of resource": {"resource": {"type": "prompt"}},
		"an unknown tool": calling("shell.run"),
	}
	decision := agent_tools.decision with input as ask([change])
	denied(decision, {"tool_unknown"})
}

test_a_request_without_action_and_resource_is_denied if {
	decision := agent_tools.decision with input as without(without(desk_agent_reads_calendar, "action"), "resource")
	denied(decision, {"tool_unknown"})
}

test_the_scope_of_the_user_does_not_assign_a_tool_to_the_agent if {
	decision := agent_tools.decision with input as ask([calling("payments.transfer")])
	decision.allow == false
	decision.reasons == {{
		"code": "tool_not_assigned",
		"message": "assistants/desk-agent is not assigned payments.transfer",
	}}
}
