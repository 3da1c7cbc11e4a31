import { scenario } from '../scenario.ts'
import type { Stage } from '../stage.ts'

const [topicResource, groupResource] = [2, 3] as const
const [literal, prefixed, anyPattern, match] = [3, 4, 1, 2] as const
const [read, write, anyOperation] = [3, 4, 1] as const
const [deny, allow, anyPermission] = [2, 3, 1] as const
const quick = { retry: { retries: 1 } }

/** A rule about a topic of the scenario's own. */
function ruleOf(resourceName: string) {
  return {
    resourceType: topicResource as 2,
    resourceName,
    resourcePatternType: literal as 3 | 4,
    principal: 'User:bob',
    host: '*',
    operation: read as 3 | 4,
    permissionType: allow as 2 | 3,
  }
}

function filterOf(resourceName: string) {
  return {
    resourceType: topicResource as 2,
    resourceName,
    resourcePatternType: anyPattern as 1,
    operation: anyOperation as 1,
    permissionType: anyPermission as 1,
  }
}

/** Calls with rules or filters that lack a field, or have it wrong. */
async function refusals(stage: Stage, call: (rule: Record<string, unknown>) => Promise<unknown>): Promise<void> {
  // Nobody else's: what lacks a name alone is no mistake in a filter.
  const whole: Record<string, unknown> = { ...ruleOf('topic'), principal: `User:${stage.unique('nobody')}` }
  for (const field of Object.keys(whole)) {
    const { [field]: _, ...without } = whole
    await stage.call(`without ${field}`, () => call(without))
    await stage.call(`odd ${field}`, () => call({ ...whole, [field]: typeof whole[field] === 'string' ? 5 : 123 }))
  }
}

export const aclScenarios = [
  scenario(
    'admin: createAcls makes rules that describeAcls tells',
    async stage => {
      const name = stage.unique('topic')
      const admin = await stage.admin()
      const acl = [ruleOf(name), { ...ruleOf(name), operation: write, permissionType: deny, host: '127.0.0.1' }]
      await stage.call('made', () => admin.createAcls({ acl }))
      const { resources, ...more } = await admin.describeAcls(filterOf(name))
      stage.note('more', more)
      stage.note(
        'told',
        resources.map(({ acls, ...resource }) => ({
          ...resource,
          acls: acls.sort((a, b) => a.operation - b.operation),
        })),
      )
    },
    'guarded',
  ),

  scenario(
    'admin: createAcls of a rule that is there',
    async stage => {
      const name = stage.unique('topic')
      const admin = await stage.admin()
      for (const step of ['first', 'second']) await stage.call(step, () => admin.createAcls({ acl: [ruleOf(name)] }))
      await stage.call('told', () => admin.describeAcls(filterOf(name)))
    },
    'guarded',
  ),

  scenario(
    'admin: createAcls of rules that can not be',
    async stage => {
      const name = stage.unique('topic')
      const admin = await stage.admin(quick)
      await stage.call('principal', () => admin.createAcls({ acl: [{ ...ruleOf(name), principal: 'bob' }] }))
      await stage.call('operation', () => admin.createAcls({ acl: [{ ...ruleOf(name), operation: anyOperation }] }))
      await stage.call('permission', () =>
        admin.createAcls({ acl: [{ ...ruleOf(name), permissionType: anyPermission }] }),
      )
      await stage.call('pattern', () => admin.createAcls({ acl: [{ ...ruleOf(name), resourcePatternType: match }] }))
    },
    'guarded',
  ),

  scenario(
    'admin: describeAcls by pattern, principal and operation',
    async stage => {
      const name = stage.unique('topic')
      const admin = await stage.admin()
      const acl = [
        ruleOf(name),
        { ...ruleOf(name), principal: 'User:eve' },
        { ...ruleOf(name), resourcePatternType: prefixed, operation: write },
      ]
      await admin.createAcls({ acl })
      const told = async (step: string, filter: object): Promise<void> => {
        const { resources } = await admin.describeAcls({ ...filterOf(name), ...filter })
        stage.note(
          step,
          resources
            .map(({ acls, ...resource }) => ({
              ...resource,
              acls: acls.sort((a, b) => a.principal.localeCompare(b.principal)),
            }))
            .sort((a, b) => a.resourcePatternType - b.resourcePatternType),
        )
      }
      await told('any', {})
      await told('literal', { resourcePatternType: literal })
      await told('prefixed', { resourcePatternType: prefixed })
      await told('eve', { principal: 'User:eve' })
      await told('write', { operation: write })
      await told('deny', { permissionType: deny })
      await told('host', { host: '10.0.0.1' })
    },
    'guarded',
  ),

  scenario(
    'admin: describeAcls of what is not there',
    async stage => {
      const admin = await stage.admin()
      await stage.call('none', () => admin.describeAcls(filterOf(stage.unique('none'))))
      await stage.call('nameless', () => admin.describeAcls({ ...filterOf(''), resourceType: topicResource }))
    },
    'guarded',
  ),

  scenario(
    'admin: deleteAcls deletes what its filters match',
    async stage => {
      const [one, two] = [stage.unique('one'), stage.unique('two')]
      const admin = await stage.admin()
      await admin.createAcls({ acl: [ruleOf(one), { ...ruleOf(one), operation: write }, ruleOf(two)] })
      const deleted = await admin.deleteAcls({ filters: [filterOf(one), filterOf(stage.unique('none'))] })
      stage.note('deleted', {
        ...deleted,
        filterResponses: deleted.filterResponses.map(({ matchingAcls, ...more }) => ({
          ...more,
          matchingAcls: matchingAcls.sort((a, b) => a.operation - b.operation),
        })),
      })
      await stage.call('gone', () => admin.describeAcls(filterOf(one)))
      await stage.call('left', () => admin.describeAcls(filterOf(two)))
    },
    'guarded',
  ),

  scenario(
    'admin: deleteAcls with an empty name deletes nothing',
    async stage => {
      const name = stage.unique('topic')
      const admin = await stage.admin()
      await admin.createAcls({ acl: [ruleOf(name)] })
      await stage.call('deleted', () => admin.deleteAcls({ filters: [filterOf('')] }))
      await stage.call('left', () => admin.describeAcls(filterOf(name)))
    },
    'guarded',
  ),

  scenario(
    'admin: deleteAcls of a group’s rules',
    async stage => {
      const name = stage.unique('group')
      const admin = await stage.admin()
      await admin.createAcls({ acl: [{ ...ruleOf(name), resourceType: groupResource }] })
      await stage.call('of topics', () => admin.deleteAcls({ filters: [filterOf(name)] }))
      await stage.call('of groups', () =>
        admin.deleteAcls({ filters: [{ ...filterOf(name), resourceType: groupResource }] }),
      )
    },
    'guarded',
  ),

  scenario('admin: access rules where there are none', async stage => {
    const admin = await stage.admin(quick)
    const name = stage.unique('topic')
    await stage.call('create', () => admin.createAcls({ acl: [ruleOf(name)] }))
    await stage.call('describe', () => admin.describeAcls(filterOf(name)))
    await stage.call('delete', () => admin.deleteAcls({ filters: [filterOf(name)] }))
  }),

  scenario('admin: createAcls refuses what can not be meant', async stage => {
    const admin = await stage.admin()
    for (const [step, acl] of Object.entries({ none: null, text: 'rule', empty: [] }))
      await stage.call(step, () => admin.createAcls({ acl } as never))
    await refusals(stage, rule => admin.createAcls({ acl: [ruleOf('other'), rule] } as never))
  }),

  scenario(
    'admin: describeAcls refuses what can not be meant',
    async stage => {
      const admin = await stage.admin()
      await refusals(stage, rule => admin.describeAcls({ ...rule, permissionType: rule['permissionType'] } as never))
    },
    'guarded',
  ),

  scenario(
    'admin: deleteAcls refuses what can not be meant',
    async stage => {
      const admin = await stage.admin()
      for (const [step, filters] of Object.entries({ none: null, text: 'filter', empty: [] }))
        await stage.call(step, () => admin.deleteAcls({ filters } as never))
      await refusals(stage, rule => admin.deleteAcls({ filters: [rule] } as never))
    },
    'guarded',
  ),
]
