import { embeddedCluster, stageOf } from './stage.ts'
import { administration } from './suites/administration.ts'
import { topicsAndGroups } from './suites/topics-groups.ts'

const stage = stageOf(() => embeddedCluster(3))
administration(stage)
topicsAndGroups(stage)
