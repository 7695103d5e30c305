package agent_tools

# What a tool asks for beyond assignment and scope stands in its row of the table: how well the agent must prove its
# identity, and whether a human has to approve each call.
enough_level if input.subject.assurance.level >= tool.level

enough_possession if input.subject.assurance.possession in tool.possession

# Negate the rule, never the comparison: `not level >= tool.level` would not refuse when the level is absent.
assurance_refusals contains {
	"code": "assurance_too_low",
	"message": $"{question.tool} needs assurance level {tool.level}",
} if {
	not enough_level
}

assurance_refusals contains {
	"code": "possession_required",
	"message": $"{question.tool} needs one of these proofs of a key: {tool.possession}",
} if {
	tool.possession
	not enough_possession
}

# The answer is an allow on a condition. The tool server asks this user before it acts, and one that cannot ask must deny.
obligations contains {
	"id": $"approve-{question.tool}",
	"type": "approval",
	"properties": {
		"tool": question.tool,
		"agent": agent.name,
		"approver": {"issuer": user.issuer, "id": user.id},
	},
} if {
	tool.approval
}
