// In a process of its own: a bridge to the port on 127.0.0.1 that its argument names. Prints its URL.
import { serveBridge } from '../../../adapters/bridge/index.ts'

const { url } = await serveBridge({
  port: 0,
  targets: [`127.0.0.1:${process.argv[2]}`],
  authenticate: ({ token }) => (token === 'throughput' ? { id: 'throughput' } : null),
  allowNoOrigin: true,
  limits: { upgradesPerSecond: 1_000 },
})
console.log(url)
