import { accessToken } from '../credentials.ts'
import type { Members } from '../sign-jwt.ts'
import { allowed, ask, bearer, deniedByPolicy } from './ask.ts'
import type { Call, Group, Stage } from './row.ts'

const deskAgent = { namespace: 'assistants', account: 'desk-agent' }

/** Alice's token, by which the agent acts for her (RFC 8693 §4.1). What proves the agent's place stands with the actor. */
export const forAlice: Members = {
  sub: 'alice',
  scope: 'openid calendar:read',
  namespace: undefined,
  service_account: undefined,
  act: { sub: 'desk-agent', namespace: 'assistants', service_account: 'desk-agent' },
}

function callTool({ world, now }: Stage, tool: string, claims: Members): Call {
  const token = accessToken(world, deskAgent, 'agent-tools', now(), { claims })
  const more = { action: { name: 'call' }, resource: { type: 'tool', id: tool } }
  return ask(bearer(token), { service: 'agent-tools', pep: 'gateway', path: '/mcp', more })
}

/** The second gate: the example policy of an agent's tools. */
export const agentRows: Group = {
  title: 'An agent on behalf of a user',
  rows: [
    {
      asked: 'an agent reads the calendar for Alice',
      calls: (stage) => [callTool(stage, 'calendar.read', forAlice)],
      expected: allowed('agent_for_user'),
    },
    {
      asked: 'it sends mail, which Alice did not grant',
      calls: (stage) => [callTool(stage, 'mail.send', forAlice)],
      expected: deniedByPolicy('scope_missing'),
    },
    {
      asked: 'it sends mail, which Alice granted: ask her first',
      calls: (stage) => [callTool(stage, 'mail.send', { ...forAlice, scope: 'mail:send' })],
      expected: allowed('agent_for_user + approval'),
    },
    {
      asked: 'it calls a tool that nobody knows',
      calls: (stage) => [callTool(stage, 'mail.forward', forAlice)],
      expected: deniedByPolicy('tool_unknown'),
    },
    {
      asked: 'it reads the calendar for nobody',
      calls: (stage) => [callTool(stage, 'calendar.read', { scope: 'calendar:read' })],
      expected: deniedByPolicy('no_user'),
    },
    {
      asked: 'a browser acts for Alice, and is no agent',
      calls: (stage) => [callTool(stage, 'calendar.read', { ...forAlice, act: { sub: 'browser' } })],
      expected: deniedByPolicy('agent_unknown'),
    },
  ],
}
