// Six hours of a healthy fleet, and for each alert what has to change in it. A value is in the notation of promtool's tests of
// rules: `0+60x360` grows by 60 a minute, `1x350 0x9` falls to 0 for the last ten minutes, `_` is nothing.

/** Series by name and labels, without `job` and `instance`; `@b` at the end: of a second instance. */
export type Series = Readonly<Record<string, string | undefined>>

const decisions = (effect: string, code: string): string =>
  `sallyport_decisions_total{effect="${effect}",code="${code}",door="authorize",service="orders"}`
const allowed = decisions('allow', 'ALLOWED')
const byPolicy = decisions('deny', 'POLICY_DENIED')
const byAuthn = decisions('deny', 'EXPIRED')
const withoutAudit = decisions('deny', 'AUDIT_UNAVAILABLE')
const internal = decisions('deny', 'INTERNAL')
const inTime = 'sallyport_decision_duration_seconds_bucket{le="0.025"}'
const shed = 'sallyport_requests_refused_total{code="SHED"}'
const unknownPep = 'sallyport_requests_refused_total{code="PEP_UNAUTHENTICATED"}'
const age = 'sallyport_trust_source_age_seconds{source="prod.example"}'
const closed = 'sallyport_redis_connected{breaker="closed"}'
const open = 'sallyport_redis_connected{breaker="open"}'
const alarm = (why: string): string => `sallyport_redis_alarms_total{what="use",why="${why}"}`
const revision = (name: string): string => `sallyport_bundle_info{bundle="orders",revision="${name}"}`
const expires = 'sallyport_bundle_expires_timestamp_seconds{bundle="orders"}'
const refused = 'sallyport_bundle_update_refused{bundle="orders"}'
const candidate = (outcome: string): string => `sallyport_bundle_candidate_asks{bundle="orders",outcome="${outcome}"}`
const replaced = 'sallyport_policy_instances_replaced_total{reason="trap"}'

/** The minute at which everything is judged, and its second. */
export const endMinute = 360
const end = endMinute * 60

/** What `1x360` is for a number. */
const always = (value: string): string => `${value} `.repeat(endMinute + 1).trim()

/** Nothing of this fires anything. */
export const healthy: Series = {
  sallyport_ready: '1x360',
  'sallyport_ready@b': '1x360',
  [allowed]: '0+600x360',
  [byPolicy]: '0+30x360',
  [byAuthn]: '0+15x360',
  sallyport_decision_duration_seconds_count: '0+645x360',
  [inTime]: '0+644x360',
  [shed]: '0x360',
  [unknownPep]: '0x360',
  [age]: '20x360',
  'sallyport_trust_source_max_age_seconds{source="prod.example"}': '86400x360',
  sallyport_revocation_confirmed: '1x360',
  sallyport_certificate_expires_timestamp_seconds: `${end + 5_400}x360`,
  sallyport_certificate_lifetime_seconds: '7200x360',
  [closed]: '1x360',
  sallyport_worker_restarts_total: '0x360',
  [refused]: '0x360',
  [expires]: `${end + 172_800}x360`,
  [revision('r1')]: '1x360',
  [`${revision('r1')}@b`]: '1x360',
  [candidate('same')]: '1000x360',
  [candidate('differs')]: '1x360',
  [candidate('error')]: '0x360',
  [candidate('skipped')]: '500x360',
  sallyport_audit_writable: '1x360',
  sallyport_audit_refused_records_total: '0x360',
  sallyport_audit_disk_free_bytes: '100000000000x360',
  sallyport_audit_reserve_bytes: '16777216x360',
  sallyport_audit_log_records: '0+645x360',
  sallyport_audit_checkpoint_records: '0+645x360',
  sallyport_audit_checkpoint_age_seconds: '1x360',
  'sallyport_audit_sink_lag_seconds{sink="siem"}': '1x360',
  sallyport_audit_witnessed_records: '0+645x360',
  sallyport_audit_witnessed_age_seconds: '5x360',
  sallyport_audit_mask_failed_records_total: '0x360',
  nodejs_eventloop_lag_p99_seconds: '0.01x360',
  process_open_fds: '50x360',
  process_max_fds: '1024x360',
}

/** - `fires`: changes with which the alert fires, and nothing else but `also`. `stays`: nearly the same, with which it does not. */
export interface AlertCase {
  readonly alert: string
  readonly fires: Series
  readonly also?: readonly string[]
  readonly stays: Series
}

const jumps = ['SallyportAuthnDenialsJump', 'SallyportPolicyDenialsJump']

export const alertCases: readonly AlertCase[] = [
  {
    alert: 'SallyportNoneReady',
    fires: { sallyport_ready: '1x354 0x5', 'sallyport_ready@b': '1x354 0x5' },
    stays: { sallyport_ready: '1x354 0x5' },
  },
  { alert: 'SallyportNoneReady', fires: { sallyport_ready: undefined, 'sallyport_ready@b': undefined }, stays: {} },
  { alert: 'SallyportNotReady', fires: { sallyport_ready: '1x340 0x19' }, stays: { sallyport_ready: '1x354 0x5' } },
  {
    alert: 'SallyportNothingAllowed',
    fires: { [allowed]: '0+600x330 198000x28' },
    also: jumps,
    stays: { [allowed]: '0+600x330 198000+1x28' },
  },
  {
    alert: 'SallyportFaultsFastBurn',
    fires: { [withoutAudit]: '0x344 0+60x15' },
    stays: { [withoutAudit]: '0x344 0+6x15' },
  },
  { alert: 'SallyportFaultsSlowBurn', fires: { [withoutAudit]: '0+6x360' }, stays: { [withoutAudit]: '0+3x360' } },
  { alert: 'SallyportInternalErrors', fires: { [internal]: '_x354 1x5' }, stays: { [internal]: '_x299 1x60' } },
  { alert: 'SallyportInternalErrors', fires: { [internal]: '1x350 2x9' }, stays: { [internal]: '1x300 2x59' } },
  {
    alert: 'SallyportLatencyFastBurn',
    fires: { [inTime]: '0+644x330 212820+300x28' },
    stays: { [inTime]: '0+644x330 213120+600x28' },
  },
  { alert: 'SallyportLatencySlowBurn', fires: { [inTime]: '0+590x360' }, stays: { [inTime]: '0+620x360' } },
  { alert: 'SallyportShedding', fires: { [shed]: '0+30x360' }, stays: { [shed]: '0+3x360' } },
  {
    alert: 'SallyportEnforcementPointsRefused',
    fires: { [unknownPep]: '0+60x360' },
    stays: { [unknownPep]: '0+6x360' },
  },
  {
    alert: 'SallyportAuthnDenialsJump',
    fires: { [byAuthn]: '0+15x330 4950+200x28' },
    stays: { [byAuthn]: '0+15x330 4950+50x28' },
  },
  {
    alert: 'SallyportPolicyDenialsJump',
    fires: { [byPolicy]: '0+30x330 9900+250x28' },
    stays: { [byPolicy]: '0+30x330 9900+60x28' },
  },
  {
    alert: 'SallyportTrustStale',
    fires: { [age]: '86400x360' },
    stays: { [age]: '86000x360' },
  },
  {
    alert: 'SallyportTrustStale',
    fires: { 'sallyport_trust_source_age_seconds{source="file.example"}': always('Inf') },
    stays: { 'sallyport_trust_source_age_seconds{source="file.example"}': '900000x360' },
  },
  { alert: 'SallyportTrustAging', fires: { [age]: '50000x360' }, stays: { [age]: '40000x360' } },
  {
    alert: 'SallyportRevocationStale',
    fires: { sallyport_revocation_confirmed: '1x350 0x8' },
    stays: { sallyport_revocation_confirmed: '1x358 0' },
  },
  {
    alert: 'SallyportCertificateEnding',
    fires: { sallyport_certificate_expires_timestamp_seconds: `${end + 1_100}x360` },
    stays: { sallyport_certificate_expires_timestamp_seconds: `${end + 1_600}x360` },
  },
  {
    alert: 'SallyportCertificateEnded',
    fires: { sallyport_certificate_expires_timestamp_seconds: `${end + 100}x360` },
    also: ['SallyportCertificateEnding'],
    stays: { sallyport_certificate_expires_timestamp_seconds: `${end + 500}x360` },
  },
  { alert: 'SallyportRedisDisconnected', fires: { [closed]: '1x350 0x8' }, stays: { [closed]: '1x358 0' } },
  {
    alert: 'SallyportRedisBreakerOpen',
    fires: { [closed]: '1x345 _x14', [open]: '_x345 1x13' },
    stays: { [closed]: '1x358 _', [open]: '_x358 1' },
  },
  {
    alert: 'SallyportRedisForeign',
    fires: { [alarm('forged')]: '_x354 1x5' },
    stays: { [alarm('forged')]: '_x299 1x60' },
  },
  {
    alert: 'SallyportRedisEvicting',
    fires: { [alarm('evicting')]: '_x354 1x5' },
    stays: { [alarm('evicting')]: '_x299 1x60' },
  },
  {
    alert: 'SallyportWorkersRestarting',
    fires: { sallyport_worker_restarts_total: '0x349 0+1x10' },
    stays: { sallyport_worker_restarts_total: '0x355 1x4' },
  },
  { alert: 'SallyportBundleRefused', fires: { [refused]: '0x340 1x19' }, stays: { [refused]: '0x354 1x5' } },
  {
    alert: 'SallyportBundleExpiring',
    fires: { [expires]: `${end + 80_000}x360` },
    stays: { [expires]: `${end + 90_000}x360` },
  },
  {
    alert: 'SallyportBundleExpired',
    fires: { [expires]: `${end + 3_000}x360` },
    stays: { [expires]: `${end + 4_000}x360` },
  },
  {
    alert: 'SallyportBundlesDiffer',
    fires: { [`${revision('r1')}@b`]: undefined, [`${revision('r2')}@b`]: '1x360' },
    stays: { [`${revision('r1')}@b`]: '1x350 _x9', [`${revision('r2')}@b`]: '_x350 1x8' },
  },
  {
    alert: 'SallyportCandidateDiffers',
    fires: { [candidate('differs')]: '12x360' },
    stays: { [candidate('differs')]: '9x360' },
  },
  {
    alert: 'SallyportCandidateDiffers',
    fires: { [candidate('error')]: '12x360' },
    stays: { [candidate('error')]: '8x360' },
  },
  { alert: 'SallyportPolicyFaults', fires: { [replaced]: '_x354 1x5' }, stays: { [replaced]: '_x299 1x60' } },
  {
    alert: 'SallyportAuditNotWritten',
    fires: { sallyport_audit_writable: '1x350 0x8' },
    stays: { sallyport_audit_writable: '1x358 0' },
  },
  {
    alert: 'SallyportAuditNotWritten',
    fires: { sallyport_audit_refused_records_total: '0x350 0+1x8' },
    stays: { sallyport_audit_refused_records_total: '0x300 4x58' },
  },
  {
    alert: 'SallyportAuditDiskFilling',
    fires: { sallyport_audit_disk_free_bytes: '60000000x360' },
    stays: { sallyport_audit_disk_free_bytes: '70000000x360' },
  },
  {
    alert: 'SallyportAuditDiskFilling',
    fires: { sallyport_audit_disk_free_bytes: '100000000000-100000000x360' },
    stays: { sallyport_audit_disk_free_bytes: '100000000000-1000000x360' },
  },
  {
    alert: 'SallyportAuditCheckpointOld',
    fires: { sallyport_audit_checkpoint_age_seconds: '400x360', sallyport_audit_checkpoint_records: '0+640x360' },
    stays: { sallyport_audit_checkpoint_age_seconds: '400x360' },
  },
  {
    alert: 'SallyportAuditSinkLagging',
    fires: { 'sallyport_audit_sink_lag_seconds{sink="siem"}': '400x360' },
    stays: { 'sallyport_audit_sink_lag_seconds{sink="siem"}': '250x360' },
  },
  {
    alert: 'SallyportAuditWitnessesMissing',
    fires: { sallyport_audit_witnessed_age_seconds: always('Inf'), sallyport_audit_witnessed_records: '0x360' },
    stays: { sallyport_audit_witnessed_age_seconds: '4000x360' },
  },
  {
    alert: 'SallyportAuditMaskFailing',
    fires: { sallyport_audit_mask_failed_records_total: '0x350 2x8' },
    stays: { sallyport_audit_mask_failed_records_total: '0x300 2x58' },
  },
  {
    alert: 'SallyportEventLoopLagging',
    fires: { nodejs_eventloop_lag_p99_seconds: '0.2x360' },
    stays: { nodejs_eventloop_lag_p99_seconds: '0.05x360' },
  },
  { alert: 'SallyportFilesRunningOut', fires: { process_open_fds: '900x360' }, stays: { process_open_fds: '500x360' } },
]

/** The healthy fleet with changes, as the peer takes it. */
export function seriesOf(changes: Series): readonly string[] {
  return Object.entries({ ...healthy, ...changes }).flatMap(([key, values]) => {
    if (values === undefined) return []
    const [name = '', instance = 'a'] = key.split('@')
    const own = `job="sallyport",instance="${instance}"`
    return [`${name.endsWith('}') ? name.replace(/\}$/, `,${own}}`) : `${name}{${own}}`} ${values}`]
  })
}
