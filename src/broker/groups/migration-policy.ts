import type { Configs } from '../configs/configs.ts'

/** Whether groups that have members may go from one kind to the other (group.consumer.migration.policy). */
export function mayConvert(configs: Configs, way: 'upgrade' | 'downgrade'): boolean {
  const policy = configs.get('group.consumer.migration.policy').toLowerCase()
  return policy === 'bidirectional' || policy === way
}
