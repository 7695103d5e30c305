import type { Profile } from './profile.ts'

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Tokens of CircleCI jobs (CircleCI Docs, "OpenID Connect tokens"). Each organization has its own issuer, which pins it; the
 * one without an organization is for all of them. A job run again over SSH has a person in it.
 */
export const circleci: Profile = {
  name: 'circleci',
  types: ['', 'jwt'],
  required: ['iss', 'sub'],
  issuedAt: 'required',
  platform: {
    issuers: {
      form: /^https:\/\/oidc\.circleci\.com\/org\/(?<organization_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
      written: 'https://oidc.circleci.com/org/ORGANIZATION-ID',
    },
    owned: /^https:\/\/oidc\.circleci\.com(?:\/|$)/,
    facts: [
      { name: 'organization_id', claims: [['oidc.circleci.com/org-id']], as: 'text', required: true, id: uuid },
      { name: 'project_id', claims: [['oidc.circleci.com/project-id']], as: 'text', required: true, id: uuid },
      { name: 'ref', claims: [['oidc.circleci.com/vcs-ref']], as: 'text' },
      { name: 'origin', claims: [['oidc.circleci.com/vcs-origin']], as: 'text' },
      { name: 'pipeline_definition_id', claims: [['oidc.circleci.com/pipeline-definition-id']], as: 'text', id: uuid },
      { name: 'ssh_rerun', claims: [['oidc.circleci.com/ssh-rerun']], as: 'boolean' },
    ],
    pins: [],
    refused: [{ claim: ['oidc.circleci.com/ssh-rerun'], values: [true] }],
    subject: 'project_id:{project_id}',
    attestedBy: ['project_id'],
    single: true,
  },
}
