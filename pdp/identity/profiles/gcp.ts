import type { Profile } from './profile.ts'

/**
 * Identity tokens of Google service accounts (Google Cloud, "Verify the identity of instances"). Without the claims of
 * `format=full` nothing is known of an instance: the token is that of an account. Everybody gets tokens of the one issuer,
 * so a project or an account is pinned. Keys are the issuer's alone, never a service account's own.
 */
export const gcp: Profile = {
  name: 'gcp',
  types: ['', 'jwt'],
  required: ['iss', 'sub', 'email'],
  issuedAt: 'required',
  platform: {
    issuers: { form: /^https:\/\/accounts\.google\.com$/, written: 'https://accounts.google.com' },
    owned: /^https:\/\/accounts\.google\.com$/,
    facts: [
      { name: 'service_account_id', claims: [['sub']], as: 'text', required: true, id: /^[0-9]{5,32}$/ },
      {
        name: 'service_account',
        claims: [['email']],
        as: 'text',
        required: true,
        id: /^[a-z0-9-]+@[a-z0-9.-]+\.gserviceaccount\.com$/,
      },
      {
        name: 'project_id',
        claims: [['google', 'compute_engine', 'project_id']],
        as: 'text',
        id: /^[a-z][a-z0-9.:-]{4,62}$/,
      },
      {
        name: 'project_number',
        claims: [['google', 'compute_engine', 'project_number']],
        as: 'integer',
        id: /^[0-9]{1,20}$/,
      },
      { name: 'zone', claims: [['google', 'compute_engine', 'zone']], as: 'text' },
      { name: 'instance_id', claims: [['google', 'compute_engine', 'instance_id']], as: 'text', id: /^[0-9]{1,20}$/ },
      { name: 'instance', claims: [['google', 'compute_engine', 'instance_name']], as: 'text' },
      {
        name: 'instance_created',
        claims: [['google', 'compute_engine', 'instance_creation_timestamp']],
        as: 'integer',
      },
    ],
    pins: [['project_id', 'project_number', 'service_account_id', 'service_account']],
    exactly: [{ claim: ['email_verified'], value: true }],
    attestedBy: ['instance_id'],
    single: false,
  },
}
