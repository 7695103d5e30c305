import type { Profile } from './profile.ts'

const id = /^[0-9]{1,20}$/

/**
 * ID tokens of GitLab CI/CD jobs (GitLab Docs, "ID token authentication"). An instance has many owners, so a project or
 * namespace is pinned by id. In pipelines of merge requests `project_id` may be that of the fork: the project whose
 * job it is must then be the same.
 */
export const gitlabCi: Profile = {
  name: 'gitlab-ci',
  types: ['', 'jwt'],
  required: ['iss', 'sub', 'jti'],
  issuedAt: 'required',
  platform: {
    owned: /^https:\/\/gitlab\.com$/,
    facts: [
      { name: 'project_id', claims: [['project_id']], as: 'text', required: true, id },
      { name: 'project_path', claims: [['project_path']], as: 'text', required: true },
      { name: 'namespace_id', claims: [['namespace_id']], as: 'text', required: true, id },
      { name: 'namespace_path', claims: [['namespace_path']], as: 'text', required: true },
      { name: 'ref', claims: [['ref']], as: 'text', required: true },
      { name: 'ref_type', claims: [['ref_type']], as: 'text', required: true },
      { name: 'ref_protected', claims: [['ref_protected']], as: 'boolean-text', required: true },
      { name: 'pipeline_source', claims: [['pipeline_source']], as: 'text' },
      { name: 'pipeline_id', claims: [['pipeline_id']], as: 'text' },
      { name: 'job_id', claims: [['job_id']], as: 'text' },
      { name: 'deployment_environment', claims: [['environment']], as: 'text' },
      { name: 'deployment_environment_protected', claims: [['environment_protected']], as: 'boolean-text' },
      { name: 'ci_config_ref_uri', claims: [['ci_config_ref_uri']], as: 'text' },
      { name: 'sha', claims: [['sha']], as: 'text' },
      { name: 'runner_environment', claims: [['runner_environment']], as: 'text' },
      { name: 'runner_id', claims: [['runner_id']], as: 'integer' },
    ],
    pins: [['project_id', 'namespace_id']],
    same: [[['job_project_id'], ['project_id']]],
    subject: 'project_id:{project_id}',
    attestedBy: ['project_id'],
    single: true,
  },
}
