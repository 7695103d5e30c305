# METADATA
# title: The catalogue, behind a proxy
# description: >-
#   The catalogue's rules for a proxy, which knows nothing of items: the request says what is asked, the route the role.
package shelf

actions := {"GET": "read", "PUT": "update", "POST": "create"}

permits contains {"code": "role", "message": $"{role} may {action} items"} if {
	role := input.context.role
	input.request.path_segments[0] == "items"
	action := actions[input.request.method]
	action in data.shelf.rights[role].item
}

# METADATA
# entrypoint: true
decision := {"allow": true, "reasons": permits} if count(permits) > 0

decision := {"allow": false, "reasons": [{"code": "no_role", "message": "none of the roles may do this"}]} if {
	count(permits) == 0
}
