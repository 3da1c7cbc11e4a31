import { expect, test } from 'vitest'
import {
  onRequests,
  requestBytes,
  responseBytes,
  startFixture,
  startPeer,
  tokens,
  until,
} from '../adapters/bridge-fixture.ts'
import { attackBridge, targetOf } from '../adapters/bridge-fuzz.ts'
import { repetitions } from '../support/effort.ts'

const MiB = 1024 * 1024
// FUZZ_SECONDS=1800: half an hour of it.
const seconds = Number(process.env['FUZZ_SECONDS'] ?? repetitions(2, 4, 60))
const seed = Number(process.env['FUZZ_SEED'] ?? 1)

test(`upgrades and frames of every kind for ${seconds} s: no exit, no turn of 250 ms, no memory kept, and the bridge works`, {
  timeout: (seconds + 30) * 1000,
}, async () => {
  const peer = await startPeer(socket => onRequests(socket, id => socket.write(responseBytes(id, 2_000))))
  const fixture = await startFixture(peer.port, {
    logger: null,
    trustedProxies: ['127.0.0.1'],
    limits: {
      upgradesPerSecond: 1e6,
      headerTimeout: 200,
      pingInterval: 200,
      pongTimeout: 200,
      closeTimeout: 200,
      drainTimeout: 200,
    },
  })
  const target = await targetOf(fixture.bridge.url, tokens)
  await attackBridge(target, seed, Math.min(1, seconds / 2))
  const before = process.memoryUsage().rss
  // In processor time: what others do on this machine is not the bridge's fault.
  let longest = 0
  let used = process.cpuUsage()
  const watch = setInterval(() => {
    const { system, user } = process.cpuUsage(used)
    longest = Math.max(longest, (system + user) / 1000)
    used = process.cpuUsage()
  }, 5)
  const tally = await attackBridge(target, seed + 1, seconds)
  clearInterval(watch)
  const grown = (process.memoryUsage().rss - before) / MiB
  console.log(`fuzz: ${JSON.stringify(tally)}, longest turn ${longest.toFixed(0)} ms, ${grown.toFixed(0)} MiB more`)
  expect(tally.opened).toBeGreaterThan(10)
  expect(longest).toBeLessThan(250)
  expect(grown).toBeLessThan(128)
  await until(() => fixture.bridge.connections === 0 && peer.open.size === 0)
  const client = await fixture.connect()
  client.webSocket.send(requestBytes(1))
  await client.until(2_000)
})
