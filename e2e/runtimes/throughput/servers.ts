import { createHash } from 'node:crypto'
import * as net from 'node:net'
import { Client, Transport, Writer } from '../../../src/index.ts'
import { Fetch } from '../../../src/protocol/fetch.ts'
import { requestFrame } from '../../../src/protocol/headers.ts'
import { startKafka } from '../../kafka/index.ts'
import type { Plan } from './plan.ts'
import { lineOf, startNode } from './programs.ts'

/** What answers, and the Fetch that it answers with a mebibyte. */
export interface FetchServer extends AsyncDisposable {
  readonly label: string
  readonly pid: number
  readonly plan: Pick<Plan, 'port' | 'fetch' | 'version' | 'request' | 'answerBytes'>
}

const mebibyte = 1024 * 1024

/** The same mebibyte of memory each time: as quick as a process can be. */
export async function cannedServer(): Promise<FetchServer> {
  const program = await startNode('server.ts')
  const port = Number(await lineOf(program, 'the server'))
  const plan = await planOf(port, 'AAAAAAAAAAAAAAAAAAAAAQ')
  return {
    label: 'canned answers',
    pid: program.pid,
    plan,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  }
}

/** A real broker with one batch of nearly a mebibyte in a topic. */
export async function kafkaServer(): Promise<FetchServer> {
  const cluster = await startKafka({ measured: true })
  const transport = new Transport()
  const writer = new Writer({ addr: cluster.brokers, topic: 'throughput', transport, batchBytes: 2 * mebibyte })
  const client = new Client({ addr: cluster.brokers, transport })
  await client.createTopics({ topics: [{ topic: 'throughput', numPartitions: 1, replicationFactor: 1 }] })
  // As large as a broker's default limit of 1,048,588 lets a batch be.
  await writer.writeMessages({ value: noise(mebibyte - 100) })
  const { topics } = await client.metadata({ topics: ['throughput'] })
  await writer.close()
  await transport.close()
  const plan = await planOf(Number(cluster.brokers[0]!.split(':')[1]), topics[0]!.id!)
  return {
    label: `Kafka ${cluster.version}`,
    pid: cluster.nodes[0]!.pid!,
    plan,
    [Symbol.asyncDispose]: () => cluster.stop(),
  }
}

/**
 * Bytes that don't compress; the writer doesn't try, but the kernel's and the processor's short cuts for zeros would
 * show.
 */
function noise(length: number): Uint8Array {
  const block = createHash('sha512').update('throughput').digest()
  return Uint8Array.from({ length }, (_, i) => block[(i * 7 + (i >> 6)) & 63]!)
}

async function planOf(port: number, topicId: string): Promise<FetchServer['plan']> {
  const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: mebibyte, lastFetchedEpoch: -1 }
  const fetch = { maxWaitMs: 500, minBytes: 1, topics: [{ topicId, partitions: [partition] }] }
  const version = Fetch.maxVersion
  const request = Buffer.concat(requestFrame(Fetch, version, 1, 'throughput', fetch)).toString('base64')
  const bytes = await answerBytes(port, request)
  if (bytes < mebibyte - 1000) throw new Error(`the server answers with ${bytes} bytes`)
  return { port, fetch, version, request, answerBytes: bytes }
}

/** Bytes of the one answer to a request, its size included. */
function answerBytes(port: number, request: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(request, 'base64'))
    socket.once('data', bytes => {
      socket.destroy()
      resolve(4 + bytes.readInt32BE(0))
    })
    socket.on('error', reject)
  })
}
