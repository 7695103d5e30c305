package orders_test

# One complete ask that is allowed. Every test changes only what it is about, so that a refusal has no second cause.
checkout_reads_order := {
	"service": {"name": "orders", "environment": "production"},
	"pep": {"name": "orders-api"},
	"subject": {
		"id": "spiffe://prod.example/ns/shop/sa/checkout",
		"trust_domain": "prod.example",
		"path": "/ns/shop/sa/checkout",
		"methods": ["jwt-svid"],
		"assurance": {
			"level": 1,
			"possession": "none",
			"audience_bound": true,
			"single_use": false,
			"attested": true,
			"lifetime_s": 3600,
			"age_s": 120,
		},
	},
	"attested": {"environment": "production", "namespace": "shop", "service_account": "checkout"},
	"delegation": [],
	"action": {"name": "read"},
	"resource": {"type": "order", "id": "42", "properties": {}},
	"context": {},
	"time": {"now_ns": time.parse_rfc3339_ns("2026-03-02T13:30:00Z")},
}

by_workload(namespace, service_account) := {"attested": {
	"namespace": namespace,
	"service_account": service_account,
}}

in_staging := {"service": {"environment": "staging"}, "attested": {"environment": "staging"}}

question(action, type, id) := {"action": {"name": action}, "resource": {"type": type, "id": id}}

assurance(attributes) := {"subject": {"assurance": attributes}}

at(moment) := {"time": {"now_ns": time.parse_rfc3339_ns(moment)}}

ask(changes) := object.union_n(array.concat([checkout_reads_order], changes))

without(document, path) := json.remove(document, [path])

allowed(decision, code) if {
	decision.allow
	codes(decision) == {code}
}

denied(decision, expected) if {
	not decision.allow
	codes(decision) == expected
	decision.obligations == []
}

codes(decision) := {reason.code | some reason in decision.reasons}
