import { contractOnOldKafka } from './contract.ts'

await contractOnOldKafka('2.8.2', 3)
