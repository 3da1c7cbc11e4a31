import { expect, test } from 'vitest'
import { ConfigError } from '../../src/base/errors.ts'
import { Client } from '../../src/client/client.ts'
import { calls, methods } from '../support/calls.ts'
import { type Anything, fixture } from './fixture.ts'

const { broker, transport, rejections } = fixture()
const client: Anything = new Client({ addr: broker.addresses, transport })
/** Each method of a Client, and a request that it takes. */
const requests: Record<string, Anything> = Object.fromEntries(
  methods.map(method => [
    method,
    calls[method].request({ topic: 't', groupId: 'g', transactionalId: 'x', fresh: 'made', brokerId: 1 }),
  ]),
)
const values: Anything[] = [
  null,
  5,
  'text',
  true,
  [],
  [5],
  () => {},
  Symbol('s'),
  10n,
  new Map(),
  {},
  Number.NaN,
  [null],
  { a: 1 },
  [{}],
]

test('the list of calls is complete', () => {
  const made = Object.getOwnPropertyNames(Client.prototype).filter(
    name => !['constructor', 'close', 'roundTrip'].includes(name),
  )
  expect(Object.keys(requests).sort()).toEqual(made.sort())
})

test.each(Object.keys(requests))(
  '%s refuses fields it does not know, options that are none, and what comes after them',
  async name => {
    const request = requests[name]
    await expect(client[name]({ ...request, nothing: 1 })).rejects.toThrow(
      new RegExp(`^nothing is no setting of ${name}\\(\\)`),
    )
    await expect(client[name](request, { timeout: 5 })).rejects.toThrow(ConfigError)
    await expect(client[name](request, new AbortController().signal)).rejects.toThrow(
      /its last argument is { signal }, not \[object AbortSignal\]/,
    )
    await expect(client[name](request, { signal: new AbortController() })).rejects.toThrow(/must be an AbortSignal/)
    await expect(client[name](request, {}, 5)).rejects.toThrow(/was given 1 argument/)
    await expect(client[name](request, undefined, undefined)).rejects.toThrow(/was given 1 argument/)
  },
)

test.each(Object.keys(requests))(
  '%s: what is wrong with any field is told in our words, never by an error from inside',
  async name => {
    const wrong = [
      ...values,
      ...Object.keys(requests[name]).flatMap(field => values.map(value => ({ ...requests[name], [field]: value }))),
    ]
    for (const request of [undefined, ...wrong]) {
      const error = await client[name](request, { signal: AbortSignal.timeout(2000) }).catch((error: unknown) => error)
      if (error instanceof Error)
        expect({ request, error: error.name }).not.toMatchObject({
          error: expect.stringMatching(/^(Type|Range|Reference)?Error$/),
        })
    }
    expect(rejections).toEqual([])
  },
)
