import { ConfigError } from '../base/errors.ts'
import type { Transactions, TransactionsParts } from './transactions/open.ts'

/** Defined, as true, by those who build a bundle as small as can be: see docs/size.md. */
declare const ISOKAFKA_SLIM: true | undefined

/**
 * Imported when a writer begins its first transaction: those that never do need not carry it. Bundlers that put all into
 * one file include it nevertheless, unless ISOKAFKA_SLIM is defined.
 */
const importTransactions = typeof ISOKAFKA_SLIM === 'undefined' ? () => import('./transactions/open.ts') : undefined

export async function loadTransactions(parts: TransactionsParts): Promise<Transactions> {
  if (importTransactions === undefined)
    throw new ConfigError('transactions were left out of this bundle (ISOKAFKA_SLIM)')
  const { Transactions } = await importTransactions()
  return new Transactions(parts)
}
