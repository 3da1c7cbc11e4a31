import { embeddedCluster, stageOf } from './stage.ts'
import { administration } from './suites/administration.ts'

administration(stageOf(() => embeddedCluster(3)))
