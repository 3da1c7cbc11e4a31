import { test } from 'vitest'
import { unless, unlessFull } from '../test/support/left-out.ts'
import { contractOnKafka } from './contract.ts'
import { full } from './full.ts'

// In a usual run three nodes, an older one and Chromium's say what one would.
if (full) await contractOnKafka(1)
else test('Kafka of one node', unless(unlessFull), () => {})
