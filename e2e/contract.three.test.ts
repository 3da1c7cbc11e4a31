import { contractOnKafka } from './contract.ts'

await contractOnKafka(3)
