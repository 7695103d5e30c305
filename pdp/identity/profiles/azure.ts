import type { Profile } from './profile.ts'

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Access tokens of managed identities and other applications of one tenant (Microsoft identity platform, "Access token claims
 * reference"). Which tenant is said by the issuer. A token that a person was there for has `scp`, or a `sub` of its own for
 * each application: neither is a workload's.
 */
export const azure: Profile = {
  name: 'azure',
  types: ['', 'jwt'],
  required: ['iss', 'sub', 'oid', 'tid'],
  issuedAt: 'required',
  platform: {
    issuers: {
      // one group of the name: Node 22 knows no two, not even in alternatives
      form: /^https:\/\/(?:sts\.windows\.net\/(?=[^/]+\/$)|login\.microsoftonline\.com\/(?=[^/]+\/v2\.0$))(?<tenant_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/(?:v2\.0)?$/,
      written: 'https://login.microsoftonline.com/TENANT-ID/v2.0 or https://sts.windows.net/TENANT-ID/',
    },
    facts: [
      { name: 'tenant_id', claims: [['tid']], as: 'text', required: true, id: uuid },
      { name: 'object_id', claims: [['oid']], as: 'text', required: true, id: uuid },
      { name: 'application_id', claims: [['appid'], ['azp']], as: 'text', required: true, id: uuid },
      { name: 'managed_identity', claims: [['xms_mirid']], as: 'text' },
      { name: 'resource', claims: [['xms_az_rid']], as: 'text' },
    ],
    pins: [],
    refused: [
      { claim: ['scp'], values: 'any' },
      { claim: ['idtyp'], values: ['user', 'device'] },
      // tokens for Azure's own management, which every identity gets
      {
        claim: ['aud'],
        values: [
          'https://management.azure.com',
          'https://management.azure.com/',
          'https://management.core.windows.net',
          'https://management.core.windows.net/',
        ],
      },
    ],
    same: [[['oid'], ['sub']]],
    attestedBy: ['managed_identity', 'resource'],
    single: false,
  },
}
