/** A policy that answers as the path has it. */
export const answersByPath = `package orders

default decision := false

decision := answers[input.request.path]

answers := {
	"/v1/tenant": {"allow": true, "request_headers": {"x-tenant": "acme"}, "response_headers": {"x-policy": "seen"}},
	"/v1/open": {"allow": true},
	"/v1/401": {"allow": false, "status": 401, "challenge": {"scope": "orders:read"}},
	"/v1/403": {"allow": false, "response_headers": {"x-policy": "no"}},
	"/v1/404": {"allow": false, "status": 404},
	"/v1/429": {"allow": false, "status": 429, "response_headers": {"retry-after": "7"}},
	"/v1/acr": {"allow": false, "challenge": {"acr_values": "urn:mfa"}},
	"/v1/query": {"allow": object.get(input.request.query, "a", []) == ["1", "x y"]},
	"/v1/context": {"allow": object.get(input.context, "tier", "") == "gold"},
	"/v1/languages": {"allow": object.get(input.request.headers, "accept-language", []) == ["a", "b"]},
	"/v1/agent": {"allow": object.get(input.request.headers, "user-agent", []) == ["caf\\u00e9"]},
	"/v1/secret": {"allow": object.get(input.request.headers, "authorization", "none") == "none"},
}
`
