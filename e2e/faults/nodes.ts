import { expect, test } from 'vitest'
import { Transport, Writer } from '../../src/index.ts'
import { unless, unlessFull } from '../../test/support/left-out.ts'
import { pause } from '../../test/support/waiting.ts'
import { full } from '../full.ts'
import type { KafkaCluster } from '../kafka/index.ts'
import { audit, byLane, Load, nothingWrong } from './load.ts'
import { GroupBooks, GroupMember } from './members.ts'
import { Scene } from './scene.ts'

const lanes = 12
const partitions = 6

/** What brokers may suffer. */
export function nodesInTrouble(kafka: () => KafkaCluster): void {
  /**
   * Writes and reads while `trouble` lasts, and compares what went in with what came out, of the log and of the group.
   */
  async function atWork(
    topic: string,
    trouble: (scene: Scene, load: Load) => Promise<void>,
  ): Promise<{ load: Load; retries: number; books: GroupBooks }> {
    await using scene = await Scene.open(kafka(), topic, partitions)
    const transport = new Transport()
    const writer = new Writer({ addr: kafka().brokers, topic, transport, balancer: byLane })
    const books = new GroupBooks(partitions)
    const config = { brokers: kafka().brokers, groupId: topic, topic, sessionTimeout: 30_000, rebalanceTimeout: 10_000 }
    const members = [1, 2].map(n => new GroupMember(`member ${n}`, books, config).start())
    const load = new Load(writer, { lanes }).start()
    await expect.poll(() => books.distinct, { timeout: 30_000 }).toBeGreaterThan(100)
    await trouble(scene, load)
    const healed = performance.now()
    await load.stop()
    const written = performance.now()
    const { retries } = writer.stats()
    await expect.poll(() => books.distinct, { timeout: 120_000 }).toBe(load.attempted.size)
    const read = performance.now()
    await writer.close()
    await Promise.all(members.map(member => member.close()))
    await transport.close()
    console.log(
      `${topic}: ${load.acknowledged.size} messages, ${retries} retries, ${books.redelivered} redelivered, ${books.generations} generations, slowest call ${Math.round(load.slowest)} ms, ` +
        `closed ${Math.round(performance.now() - read)} ms after, writes settled ${Math.round(written - healed)} ms and reads ${Math.round(read - written)} ms after the trouble; errors: ${members.flatMap(({ errors }) => errors)}`,
    )
    expect(load.failures).toEqual([])
    expect(audit(load, await scene.contents())).toEqual(nothingWrong)
    expect(books.faults).toEqual([])
    expect(audit(load, books.log())).toEqual(nothingWrong)
    return { load, retries, books }
  }

  test('a leader and coordinator stops for 12 s and goes on: others take over, nothing hangs', async () => {
    const { load, retries } = await atWork('paused-leader', async scene => {
      const victim = await scene.coordinatorOf(scene.topic)
      await victim.kill('SIGSTOP')
      await pause(12_000)
      await victim.kill('SIGCONT')
      if (full) await pause(15_000)
      await victim.waitUntilReady()
    })
    expect(retries, 'the stop hit writes').toBeGreaterThan(0)
    // The request under way waits for its writeTimeout, 10 s, the one after that may go to the same broker; and room
    // for the box.
    expect(load.slowest).toBeLessThan(2 * 10_000 + 5_000)
    expect(load.slowest, 'the stop was felt').toBeGreaterThan(2_000)
  }, 300_000)

  test('all nodes are killed and started again', async () => {
    const { retries } = await atWork('all-killed', async () => {
      await Promise.all(kafka().nodes.map(node => node.kill('SIGKILL')))
      await Promise.all(kafka().nodes.map(node => node.restart()))
      await Promise.all(kafka().nodes.map(node => node.waitUntilReady()))
      await pause(full ? 20_000 : 2_000)
    })
    expect(retries, 'the kill hit writes').toBeGreaterThan(0)
  }, 300_000)

  test('every node is restarted, one after another', { ...unless(unlessFull), timeout: 180_000 }, async () => {
    const { retries } = await atWork('restarts', async () => {
      for (const node of kafka().nodes) {
        await node.restart()
        await node.waitUntilReady()
        await pause(3_000)
      }
    })
    expect(retries, 'the restarts hit writes').toBeGreaterThan(0)
  })
}
