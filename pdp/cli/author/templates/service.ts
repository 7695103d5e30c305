const policy = `package notes

# The entrypoint: what a decision asks. Everything that is not allowed here is denied.
decision := {
	"allow": true,
	"reasons": [{"code": "namespace_right", "message": sprintf("workloads of %s may %s notes", [namespace, action])}],
} if {
	may
}

decision := {
	"allow": false,
	"reasons": [{"code": "no_right", "message": "this workload has no right to do that with notes"}],
} if {
	not may
}

# Decide by what was proved: facts under \`attested\` and \`subject\` are verified, \`context\` is the asker's word.
may if action in data.notes.rights[namespace]

namespace := input.attested.namespace

# A resource server names the action; a proxy hands over the request.
action := input.action.name

action := by_method[input.request.method] if not input.action

by_method := {"GET": "read", "HEAD": "read", "POST": "write", "PUT": "write", "DELETE": "write"}
`

const tests = `package notes_test

import data.notes

ask(namespace, action) := {
	"service": {"name": "notes"},
	"pep": {"name": "notes-api"},
	"attested": {"namespace": namespace},
	"action": {"name": action},
	"resource": {"type": "note", "id": "1"},
}

test_shop_reads if notes.decision.allow with input as ask("shop", "read")

test_shop_does_not_write if not notes.decision.allow with input as ask("shop", "write")

test_office_writes if notes.decision.allow with input as ask("office", "write")

test_others_have_no_right if {
	decision := notes.decision with input as ask("elsewhere", "read")
	not decision.allow
	decision.reasons[_].code == "no_right"
}

test_a_proxy_hands_over_the_request if {
	notes.decision.allow with input as {"attested": {"namespace": "shop"}, "request": {"method": "GET"}}
	not notes.decision.allow with input as {"attested": {"namespace": "shop"}, "request": {"method": "DELETE"}}
}

test_without_facts_nothing_is_allowed if not notes.decision.allow with input as {"action": {"name": "read"}}

test_rights_are_data if {
	notes.decision.allow with input as ask("new", "read") with data.notes.rights as {"new": ["read"]}
}
`

const rights = `{
  "notes": {
    "rights": {
      "shop": ["read"],
      "office": ["read", "write"]
    }
  }
}
`

const bundle = `# What goes into the bundle: sallyport build makes bundles/dist/notes.tar.gz of it.
name: notes
policies: [../policies/notes]
entrypoints: [notes/decision]
roots: [notes]
`

const configuration = `# sallyport config check says what is missing; sallyport start serves it.
services:
  notes: { audiences: [https://notes.example.org], peps: [notes-api] }
peps:
  notes-api: { bearer: file:notes-api.key } # made by: sallyport pep add notes-api
trust:
  - { issuer: https://login.example.org, environment: production, facts: { namespace: namespace } }
bundles:
  notes: { file: bundles/dist/notes.tar.gz, signer: file:signer.pub } # made by: sallyport keygen, sallyport sign
`

const ignored = `bundles/dist/
*.key
state/
`

/** A service of notes: one policy, its tests and data, a bundle, a configuration. */
export const service: Readonly<Record<string, string>> = {
  'policies/notes/notes.rego': policy,
  'policies/notes/notes_test.rego': tests,
  'policies/notes/data.json': rights,
  'bundles/notes.yaml': bundle,
  'sallyport.yaml': configuration,
  '.gitignore': ignored,
}
