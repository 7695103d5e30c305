package orders

# A resource server names action and resource.
question := {
	"action": input.action.name,
	"type": input.resource.type,
	"id": object.get(input.resource, "id", ""),
}

# A proxy knows nothing of orders and hands over the request it received. The request counts only where nothing was
# named: half a question from each would be a question that nobody asked.
question := {"action": action, "type": type, "id": id} if {
	nothing_named
	["v1", collection, id] = input.request.path_segments
	type := collections[collection]
	action := on_one[input.request.method]
}

question := {"action": action, "type": type, "id": ""} if {
	nothing_named
	["v1", collection] = input.request.path_segments
	type := collections[collection]
	action := on_many[input.request.method]
}

nothing_named if {
	not input.action
	not input.resource
}

collections := {"orders": "order", "payments": "payment", "exports": "export"}

on_one := {"GET": "read", "HEAD": "read", "DELETE": "cancel"}

on_many := {"GET": "list", "HEAD": "list", "POST": "create"}

# Who owns a resource and how sensitive it is comes from the table, not from properties that the asker filled in.
resource := data.orders.resources[question.type]

question_refusals contains {
	"code": "question_unknown",
	"message": "the request names no action on a known resource",
} if {
	not resource
}
