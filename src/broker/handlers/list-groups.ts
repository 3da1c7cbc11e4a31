import { ListGroups } from '../../protocol/list-groups.ts'
import { deniedCluster, deniedGroup } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { type Handler, handler } from '../handler.ts'
import { andThen } from '../turns.ts'

/** Those this broker coordinates. */
export const listGroups: Handler = handler(ListGroups, [0, 5], ({ statesFilter, typesFilter }, context) => {
  const { cluster, node } = context
  // Who may see the cluster sees all its groups.
  const isVisible = (id: string): boolean => seesAll || deniedGroup(context, Operation.describe, id) === 0
  const seesAll = deniedCluster(context, Operation.describe) === 0
  const [states, types] = [statesFilter, typesFilter].map(each => new Set(each.map(name => name.toLowerCase())))
  const wants = (filter: ReadonlySet<string>, value: string): boolean => filter.size === 0 || filter.has(value)
  const found = cluster.turns.map(cluster.groups.all, ({ id, protocolType, state, kind }) =>
    cluster.coordinators.of('group', id) === node.id &&
    wants(states!, state.toLowerCase()) &&
    wants(types!, kind) &&
    isVisible(id)
      ? [{ groupId: id, protocolType: protocolType ?? '', groupState: state, groupType: kind }]
      : [],
  )
  return andThen(found, groups => ({ errorCode: 0, groups: groups.flat() }))
})
