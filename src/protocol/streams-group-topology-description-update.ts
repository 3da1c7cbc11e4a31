import { array, nullable, struct, withDefault } from '../schema/combinators.ts'
import { int8, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toCoordinator } from './route.ts'

const node = {
  name: string,
  nodeType: int8,
  sourceTopics: array(string),
  sinkTopic: withDefault(nullable(string), null),
  stores: array(string),
  successors: array(string),
}

const subtopology = { subtopologyId: string, nodes: array(node) }

const globalStore = { source: struct(node), processor: struct(node) }

const topologyDescription = { subtopologies: array(subtopology), globalStores: array(globalStore) }

/** Gives the group's coordinator a description of a streams application's topology, for tools to show. */
export const StreamsGroupTopologyDescriptionUpdate = api({
  key: 93,
  name: 'StreamsGroupTopologyDescriptionUpdate',
  versions: [0, 0],
  flexible: 0,
  route: toCoordinator('group', 'groupId'),
  request: {
    groupId: string,
    memberId: string,
    topologyEpoch: int32,
    topologyDescription: struct(topologyDescription),
  },
  response: { throttleTimeMs: int32, errorCode: int16, errorMessage: withDefault(nullable(string), null) },
})
