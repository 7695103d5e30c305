package agent_tools

# AuthZEN for MCP names the action by its method, `tools/call`.
question := {"tool": input.resource.id} if {
	input.action.name in {"call", "tools/call"}
	input.resource.type == "tool"
}

tool := data.agent_tools.tools[question.tool]

# The agent is the workload that calls, known by what its credential attested. A name in the delegation or in the context
# does not make anybody an agent.
agent := {
	"name": $"{input.attested.namespace}/{input.attested.service_account}",
	"tools": data.agent_tools.agents[input.attested.namespace][input.attested.service_account].tools,
} if {
	input.attested.environment == input.service.environment
}

assigned if question.tool in agent.tools

agent_refusals contains {
	"code": "unidentified",
	"message": "the caller presented no credential",
} if {
	not input.subject.id
}

agent_refusals contains {
	"code": "agent_unknown",
	"message": "the caller is not an agent of this environment",
} if {
	input.subject.id
	not agent
}

tool_refusals contains {
	"code": "tool_unknown",
	"message": "the request names no call of a known tool",
} if {
	not tool
}

tool_refusals contains {
	"code": "tool_not_assigned",
	"message": $"{agent.name} is not assigned {question.tool}",
} if {
	tool
	not assigned
}
