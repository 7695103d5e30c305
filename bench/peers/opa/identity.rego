# What a caller proved, for a server that has no first gate: OPA checks the token by rules of the policy. The rules of
# policies/orders are used as they stand, with `input.subject`, `input.attested` and `input.service` read from here.
package orders

service := {"name": "orders", "environment": "production"}

token := substring(input.request.headers.authorization, count("Bearer "), -1) if {
	startswith(input.request.headers.authorization, "Bearer ")
}

claims := payload if {
	[valid, _, payload] := io.jwt.decode_verify(token, {
		"cert": data.trust.keys,
		"alg": "ES256",
		"aud": "https://orders.example.org",
	})
	valid
	payload.exp
}

verified := {
	"subject": {
		"id": claims.sub,
		"assurance": {"level": 1, "possession": "none", "attested": true, "age_s": (time.now_ns() / 1000000000) - claims.iat},
	},
	"attested": {
		"environment": data.trust.environments[trust_domain],
		"namespace": namespace,
		"service_account": service_account,
	},
} if {
	["spiffe:", "", trust_domain, "ns", namespace, "sa", service_account] = split(claims.sub, "/")
}
