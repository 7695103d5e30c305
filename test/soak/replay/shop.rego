package shop

# Every source of answers that are not the same twice: time, chance, ids, and answers that are reused for a while.

default decision := {"allow": false, "reasons": [{"code": "no_rule", "message": "no rule allows this"}]}

decision := {"allow": true, "reasons": [{"code": "draw_won", "message": $"ticket {ticket}"}]} if {
	input.action.name == "draw"
	rand.intn("draw", 10) < 5
	ticket := uuid.rfc4122("ticket")
} else := {"allow": true, "reasons": [{"code": "even_time", "message": "the time is even"}]} if {
	input.action.name == "read"
	floor(time.now_ns() / 1000000) % 2 == 0
} else := {"allow": true, "ttl": 2, "reasons": [{"code": "reused", "message": $"{time.now_ns()}"}]} if {
	input.action.name == "list"
	rand.intn(input.resource.id, 10) < 7
} else := {"allow": true, "reasons": [{"code": "writer", "message": "may write"}], "obligations": [obligation]} if {
	input.action.name == "write"
	input.resource.id != "9"
	obligation := {"id": "o", "type": input.context.obligation, "properties": {"at": input.time.now_ns}}
}
