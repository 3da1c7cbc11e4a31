import { afterEach, expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { ConnectionError } from '../../src/base/errors.ts'
import { Broker } from '../../src/broker/index.ts'
import type { SocketAdapter, TLSOptions } from '../../src/socket/socket.ts'
import { Transport } from '../../src/transport/transport.ts'

const broker = new Broker()
afterEach(() => broker.close())

test('what the resolver finds is dialed, in order, and TLS still checks the name', async () => {
  const inner = memory(broker)
  const dialed: [string, number, TLSOptions | undefined][] = []
  const adapter: SocketAdapter = {
    ...inner,
    dial(address, { tls, ...options }) {
      dialed.push([address.host, address.port, tls])
      if (address.host !== '10.0.0.2') return Promise.reject(new ConnectionError(address.host, 'refused'))
      return inner.dial({ host: 'broker-1', port: address.port }, options)
    },
  }
  const found: Record<string, string[]> = { kafka: ['10.0.0.1', '10.0.0.2'], nowhere: [] }
  const asked: string[] = []
  const transport = new Transport({
    adapter,
    natives: {},
    tls: true,
    resolver: {
      async lookupBrokerIpAddr({ host, port }) {
        asked.push(`${host}:${port}`)
        return found[host] ?? []
      },
    },
  })
  const connection = await transport.cluster('kafka').connection('any', 'control')
  expect(connection.broker).toBe('kafka:9092')
  expect(asked).toEqual(['kafka:9092'])
  expect(dialed).toEqual([
    ['10.0.0.1', 9092, { serverName: 'kafka' }],
    ['10.0.0.2', 9092, { serverName: 'kafka' }],
  ])
  await expect(transport.cluster('nowhere:1').connection('any', 'control')).rejects.toThrow(
    'nowhere:1: the resolver found no address',
  )
  await transport.close()
})
