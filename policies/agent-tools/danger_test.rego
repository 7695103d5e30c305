package agent_tools_test

import data.agent_tools

by_finance_agent := {"attested": {"service_account": "finance-agent"}}

bearer := assurance({"level": 1, "possession": "none"})

test_a_bearer_token_is_enough_for_a_harmless_tool if {
	decision := agent_tools.decision with input as ask([bearer])
	allowed(decision)
	decision.obligations == []
}

test_mail_is_sent_only_once_the_user_approves if {
	decision := agent_tools.decision with input as ask([calling("mail.send"), bearer])
	allowed(decision)
	decision.obligations == [{
		"id": "approve-mail.send",
		"type": "approval",
		"properties": {
			"tool": "mail.send",
			"agent": "assistants/desk-agent",
			"approver": {"issuer": "https://login.example.org", "id": "alice"},
		},
	}]
}

test_files_are_deleted_without_approval_by_an_agent_that_holds_a_key if {
	decision := agent_tools.decision with input as ask([calling("files.delete")])
	allowed(decision)
	decision.obligations == []
}

test_files_are_not_deleted_on_a_bearer_token if {
	decision := agent_tools.decision with input as ask([calling("files.delete"), bearer])
	denied(decision, {"assurance_too_low", "possession_required"})
}

test_a_transfer_needs_both_a_key_and_approval if {
	decision := agent_tools.decision with input as ask([by_finance_agent, calling("payments.transfer")])
	allowed(decision)
	{obligation.id | some obligation in decision.obligations} == {"approve-payments.transfer"}
}

test_approval_does_not_stand_in_for_a_key if {
	changes := [by_finance_agent, calling("payments.transfer"), assurance({"possession": "request"})]
	decision := agent_tools.decision with input as ask(changes)
	decision.allow == false
	decision.reasons == {{
		"code": "possession_required",
		"message": `payments.transfer needs one of these proofs of a key: ["channel", "hardware"]`,
	}}
}

test_an_absent_attribute_refuses_like_a_bad_one[attribute] if {
	some code, attribute in {"assurance_too_low": "level", "possession_required": "possession"}
	lacking := without(ask([calling("files.delete")]), concat("/", ["subject/assurance", attribute]))
	decision := agent_tools.decision with input as lacking
	denied(decision, {code})
}
