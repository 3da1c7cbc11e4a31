import { test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { deferred } from '../../src/base/deferred.ts'
import { ListGroups } from '../../src/protocol/list-groups.ts'
import type { Socket, SocketAdapter } from '../../src/socket/socket.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Embedded } from '../support/embedded.ts'
import { until } from '../support/waiting.ts'

const forever = AbortSignal.timeout(60_000)

test.each([
  ['a reader', {}],
  ['a member', { groupId: 'g' }],
])('%s closed while it connects leaves no connection behind in a transport that others use', async (_, config) => {
  await using kafka = new Embedded()
  const inner = memory(kafka.broker, natives)
  const open = new Set<Socket>()
  const held = deferred<void>()
  let holding = false
  let dials = 0
  let opened = 0
  const adapter: SocketAdapter = {
    ...inner,
    async dial(address, options) {
      dials++
      if (holding) await held.promise
      const socket = await inner.dial(address, options)
      open.add(socket)
      opened++
      return {
        read: () => socket.read(),
        write: pieces => socket.write(pieces),
        flushed: () => socket.flushed(),
        close: () => (open.delete(socket) ? socket.close() : Promise.resolve()),
        abort: reason => void (open.delete(socket) && socket.abort(reason)),
      }
    },
  }
  await using transport = new Transport({ adapter, natives })
  const cluster = transport.cluster(kafka.broker.addresses)
  await cluster.topic('t')
  // What is in use is given to nobody else.
  const control = await cluster.connection(await cluster.coordinator('group', 'g'), 'control')
  const answer = deferred<void>()
  kafka.broker.control(ListGroups, () => answer.promise.then(() => undefined))
  const asked = control.request(ListGroups, {})
  const before = { open: open.size, dials }
  holding = true
  const reader = kafka.reader({ transport, ...config })
  if (!('groupId' in config)) reader.setOffset(0)
  const reading = reader.fetchMessage().catch(() => {})
  await until(forever, () => dials > before.dials)
  await reader.close()
  await reading
  held.resolve()
  answer.resolve()
  await asked
  await until(forever, () => opened === dials)
  await until(AbortSignal.timeout(2_000), () => open.size === before.open)
})
