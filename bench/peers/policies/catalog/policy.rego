# METADATA
# title: Catalogue
# description: >-
#   A policy that asks for no credential: what the asking service says of its user's roles is what counts. It is what a
#   decision costs where nobody is identified.
package catalog

permits contains {"code": "role", "message": $"{role} may {input.action.name} {input.resource.type}s"} if {
	some role in input.context.roles
	input.action.name in data.catalog.rights[role][input.resource.type]
}

# METADATA
# entrypoint: true
decision := {"allow": true, "reasons": permits} if count(permits) > 0

decision := {"allow": false, "reasons": [{"code": "no_role", "message": "none of the roles may do this"}]} if {
	count(permits) == 0
}
