import { contractOnOldKafka } from './contract.ts'

await contractOnOldKafka('3.9.2', 1)
