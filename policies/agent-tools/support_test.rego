package agent_tools_test

# One complete ask that is allowed. Every test changes only what it is about, so that a refusal has no second cause.
desk_agent_reads_calendar := {
	"service": {"name": "agent-tools", "environment": "production"},
	"pep": {"name": "tool-gateway"},
	"subject": {
		"id": "spiffe://prod.example/ns/assistants/sa/desk-agent",
		"trust_domain": "prod.example",
		"path": "/ns/assistants/sa/desk-agent",
		"methods": ["x509-svid"],
		"assurance": {
			"level": 3,
			"possession": "channel",
			"audience_bound": true,
			"single_use": false,
			"attested": true,
			"lifetime_s": 3600,
			"age_s": 120,
		},
	},
	"attested": {"environment": "production", "namespace": "assistants", "service_account": "desk-agent"},
	"delegation": [alice],
	"action": {"name": "call"},
	"resource": {"type": "tool", "id": "calendar.read", "properties": {}},
	"context": {},
	"time": {"now_ns": 1772458200000000000},
}

alice := {
	"issuer": "https://login.example.org",
	"id": "alice",
	"claims": {"scope": "calendar:read mail:send files:delete payments:transfer"},
}

planner := {"issuer": "https://login.example.org", "id": "planner"}

calling(tool) := {"resource": {"id": tool}}

on_behalf_of(chain) := {"delegation": chain}

alice_with(changes) := object.union(alice, changes)

assurance(attributes) := {"subject": {"assurance": attributes}}

ask(changes) := object.union_n(array.concat([desk_agent_reads_calendar], changes))

without(document, path) := json.remove(document, [path])

allowed(decision) if {
	decision.allow
	{reason.code | some reason in decision.reasons} == {"agent_for_user"}
}

denied(decision, expected) if {
	not decision.allow
	{reason.code | some reason in decision.reasons} == expected
	decision.obligations == []
}
