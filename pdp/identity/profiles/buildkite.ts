import type { Profile } from './profile.ts'

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Tokens of Buildkite jobs (Buildkite Docs, "OIDC with Buildkite"). All organizations share one issuer, and slugs can be taken
 * over, so jobs must ask for the claims with ids: `--claim organization_id --claim pipeline_id`.
 */
export const buildkite: Profile = {
  name: 'buildkite',
  types: ['', 'jwt'],
  required: ['iss', 'sub'],
  issuedAt: 'required',
  platform: {
    owned: /^https:\/\/agent\.buildkite\.com(?:\/|$)/,
    facts: [
      { name: 'organization_id', claims: [['organization_id']], as: 'text', required: true, id: uuid },
      { name: 'pipeline_id', claims: [['pipeline_id']], as: 'text', required: true, id: uuid },
      { name: 'organization', claims: [['organization_slug']], as: 'text' },
      { name: 'pipeline', claims: [['pipeline_slug']], as: 'text' },
      { name: 'branch', claims: [['build_branch']], as: 'text' },
      { name: 'tag', claims: [['build_tag']], as: 'text' },
      { name: 'sha', claims: [['build_commit']], as: 'text' },
      { name: 'step', claims: [['step_key']], as: 'text' },
      { name: 'job_id', claims: [['job_id']], as: 'text' },
      { name: 'runner_environment', claims: [['runner_environment']], as: 'text' },
    ],
    pins: [['organization_id']],
    subject: 'pipeline_id:{pipeline_id}',
    attestedBy: ['pipeline_id'],
    single: true,
  },
}
