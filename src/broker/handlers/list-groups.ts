import { ListGroups } from '../../protocol/list-groups.ts'
import { type Handler, handler } from '../handler.ts'

/** Those this broker coordinates; all are classic. */
export const listGroups: Handler = handler(ListGroups, [0, 5], ({ statesFilter, typesFilter }, { cluster, node }) => {
  const wants = (filter: readonly string[], value: string): boolean =>
    filter.length === 0 || filter.some(each => each.toLowerCase() === value)
  const groups = cluster.groups.all.filter(
    ({ id, state }) =>
      cluster.coordinators.of('group', id) === node.id &&
      wants(statesFilter, state.toLowerCase()) &&
      wants(typesFilter, 'classic'),
  )
  return {
    errorCode: 0,
    groups: groups.map(({ id, protocolType, state }) => ({
      groupId: id,
      protocolType: protocolType ?? '',
      groupState: state,
      groupType: 'classic',
    })),
  }
})
