import type { Fact } from '../../core/caller.ts'
import { clauses } from '../../core/clause.ts'
import { ok, type Result, refuse } from '../../core/result.ts'

export const awsAccountClauses = clauses({ account: 'aws-account' })

/** Accounts whose principals and instances are taken, with the environment that each is. */
export type AwsAccounts = ReadonlyMap<string, { readonly environment?: string }>

/** Facts about what is in an account, if that is one of ours. */
export function accountFacts(
  account: string,
  accounts: AwsAccounts,
  source: 'sts' | 'document',
  more: readonly Fact[],
): Result<readonly Fact[]> {
  const known = accounts.get(account)
  if (!known) return refuse('CREDENTIAL_REFUSED', awsAccountClauses.account, 'account is not configured')
  const { environment } = known
  return ok([
    ...(environment === undefined ? [] : [{ name: 'environment', value: environment, source: 'config' } as const]),
    { name: 'aws_account', value: account, source },
    ...more,
  ])
}
