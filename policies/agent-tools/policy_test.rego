package agent_tools_test

import data.agent_tools

test_an_allow_names_agent_tool_and_scope if {
	decision := agent_tools.decision with input as desk_agent_reads_calendar
	decision == {
		"allow": true,
		"reasons": {{
			"code": "agent_for_user",
			"message": "assistants/desk-agent may call calendar.read, for which its user holds calendar:read",
		}},
		"obligations": [],
		"ttl": 30,
	}
}

test_only_the_first_closed_gate_is_reported if {
	# No such tool, no user and no assurance: the tool comes first.
	decision := agent_tools.decision with input as ask([calling("shell.run"), on_behalf_of([]), assurance({"level": 0})])
	denied(decision, {"tool_unknown"})
}

test_an_empty_input_is_denied if {
	decision := agent_tools.decision with input as {}
	denied(decision, {"unidentified"})
}

test_an_absent_input_is_denied if {
	denied(agent_tools.decision, {"unidentified"})
}
