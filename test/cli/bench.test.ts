import { embeddedCluster, stageOf } from './stage.ts'
import { bench } from './suites/bench.ts'

bench(stageOf(() => embeddedCluster(1)))
