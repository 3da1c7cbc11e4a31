import { expect, test } from 'vitest'
import { apis } from '../../src/protocol/registry.ts'
import type { ListPath } from '../../src/protocol/route.ts'
import { levelsOf } from '../../src/transport/shape.ts'

const shapeOf = (api: (typeof apis)[number], path: ListPath, side: 'request' | 'response') =>
  levelsOf(api[side], path).map(({ id }) => id)

test.each(apis.map(api => [api.name, api] as const))(
  '%s says which brokers it is for, by fields that it has',
  (_name, api) => {
    const { route } = api
    expect(route).toBeDefined()
    if (route?.to === 'leaders' || route?.to === 'shareCoordinators') {
      const asked = shapeOf(api, route.request, 'request')
      const told = shapeOf(api, route.response, 'response')
      expect(told.length).toBe(asked.length)
      // Answers are told apart by number, and made up for partitions that nobody could be asked for.
      expect(told.at(-1)).toBeDefined()
      const { partition } = { partition: levelsOf(api.response, route.response).at(-1)!.blank() }
      expect(partition).toHaveProperty('errorCode')
    } else if (route?.to === 'coordinator') {
      const { shape } = api.request
      if (shape.kind !== 'struct') throw new Error('a request is a struct')
      if (route.field !== undefined) expect(shape.fields[route.field]!.shape.kind).toBe('string')
      if (route.lists === undefined) return
      const id = route.kind === 'group' ? 'groupId' : 'transactionalId'
      // A list of plain ids has none.
      expect([id, undefined]).toContain(shapeOf(api, route.lists.request, 'request')[0])
      expect(shapeOf(api, route.lists.response, 'response')).toEqual([id])
      expect(levelsOf(api.response, route.lists.response)[0]!.blank()).toHaveProperty('errorCode')
    } else if (route?.to === 'broker' && route.resources !== undefined) {
      for (const level of [
        ...levelsOf(api.request, route.resources.request),
        ...levelsOf(api.response, route.resources.response),
      ])
        expect(level.blank()).toMatchObject({ resourceType: 0, resourceName: '' })
    }
  },
)

test('where each goes, in one view', () => {
  const views = apis.map(({ name, route, lane, repeatable }) => {
    const to = route?.to === 'coordinator' ? route.kind : (route?.to ?? '')
    return `${name}: ${to}${lane ? ` by ${lane}` : ''}${repeatable ? ', repeatable' : ''}`
  })
  expect(views.sort()).toMatchSnapshot()
})
