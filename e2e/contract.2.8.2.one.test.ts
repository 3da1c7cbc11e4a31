import { contractOnOldKafka } from './contract.ts'

// Those that take long by waiting are left to FULL=1.
const quick = [
  'admin',
  'client',
  'conn',
  'conn reading',
  'conn writing',
  'dialer',
  'group',
  'reader',
  'reader fetching',
  'reader positions',
  'reader transactions',
  'socket',
  'transactions',
  'transport',
  'wire',
  'writer',
]
await contractOnOldKafka('2.8.2', 1, quick)
