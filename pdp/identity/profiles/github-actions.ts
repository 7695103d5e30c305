import type { Profile } from './profile.ts'

const id = /^[0-9]{1,20}$/

/**
 * Tokens of GitHub Actions jobs (GitHub Docs, "OpenID Connect reference"). Everybody on GitHub gets tokens of the one issuer,
 * so an owner is pinned by id; `sub` has two forms and is made of names, so nothing is read out of it. Pull requests run code
 * of people outside the repository.
 */
export const githubActions: Profile = {
  name: 'github-actions',
  types: ['', 'jwt'],
  required: ['iss', 'sub', 'jti'],
  issuedAt: 'required',
  platform: {
    owned: /^https:\/\/token\.actions\.githubusercontent\.com(?:\/|$)/,
    facts: [
      { name: 'repository_owner_id', claims: [['repository_owner_id']], as: 'text', required: true, id },
      { name: 'repository_id', claims: [['repository_id']], as: 'text', required: true, id },
      { name: 'repository', claims: [['repository']], as: 'text', required: true },
      { name: 'repository_visibility', claims: [['repository_visibility']], as: 'text' },
      { name: 'ref', claims: [['ref']], as: 'text', required: true },
      { name: 'ref_type', claims: [['ref_type']], as: 'text' },
      { name: 'ref_protected', claims: [['ref_protected']], as: 'boolean-text' },
      { name: 'sha', claims: [['sha']], as: 'text' },
      { name: 'event_name', claims: [['event_name']], as: 'text', required: true },
      { name: 'workflow_ref', claims: [['workflow_ref']], as: 'text' },
      { name: 'job_workflow_ref', claims: [['job_workflow_ref']], as: 'text' },
      { name: 'job_workflow_sha', claims: [['job_workflow_sha']], as: 'text' },
      { name: 'runner_environment', claims: [['runner_environment']], as: 'text' },
      { name: 'deployment_environment', claims: [['environment']], as: 'text' },
      { name: 'enterprise_id', claims: [['enterprise_id']], as: 'text', id },
      { name: 'run_id', claims: [['run_id']], as: 'text' },
    ],
    pins: [['repository_owner_id', 'repository_id']],
    refused: [
      {
        claim: ['event_name'],
        values: ['pull_request', 'pull_request_target', 'pull_request_review', 'pull_request_review_comment'],
      },
    ],
    subject: 'repository_id:{repository_id}',
    attestedBy: ['repository_id'],
    single: true,
  },
}
