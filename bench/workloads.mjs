// What is measured, and how much of it by whom: slow clients do less of the same, so that a round stays short. Rates
// are per message.

const produce = { kind: 'produce', mode: '', acks: -1 }
const consume = { kind: 'consume' }

/**
 * Counts are for the quickest client; each client does its share of them. The clock starts when code has been compiled
 * for good: calls of a thousand messages are few.
 */
export const workloads = {
  'produce-100': { ...produce, size: 100, callers: 8, perCall: 1000, warm: 400_000, count: 3_000_000 },
  'produce-1k': { ...produce, size: 1024, callers: 8, perCall: 1000, warm: 800_000, count: 1_500_000 },
  'produce-single-100': { ...produce, size: 100, callers: 1000, perCall: 1, warm: 800_000, count: 1_500_000 },
  // Acknowledged by the leader alone, and by nobody; the others by all replicas.
  'produce-100-one': { ...produce, acks: 1, size: 100, callers: 8, perCall: 1000, warm: 400_000, count: 3_000_000 },
  'produce-100-none': { ...produce, acks: 0, size: 100, callers: 8, perCall: 1000, warm: 400_000, count: 3_000_000 },
  // One transaction after the other, each of a thousand.
  transactions: {
    ...produce,
    transactional: true,
    size: 100,
    callers: 1,
    perCall: 1000,
    warm: 100_000,
    count: 300_000,
  },
  'consume-100-message': { ...consume, size: 100, mode: 'message', warm: 1_000_000, count: 4_000_000 },
  'consume-100-batch': { ...consume, size: 100, mode: 'batch', warm: 1_000_000, count: 4_000_000 },
  'consume-100-cursor': { ...consume, size: 100, mode: 'cursor', warm: 1_000_000, count: 4_000_000 },
  'consume-1k-message': { ...consume, size: 1024, mode: 'message', warm: 150_000, count: 750_000 },
  latency: { kind: 'latency', mode: '', acks: -1, size: 100, callers: 1, perCall: 1, warm: 300, count: 1500 },
}

/**
 * The clients by package or program, each with the part of a workload it does, as [batched produce, one message a call,
 * consume, lone messages]. A peer is measured twice: with the settings it comes with, and `tuned`, with the best ones
 * we found.
 */
const peers = {
  '@platformatic/kafka': { module: 'platformatic', share: [0.2, 0.02, 0.3], tunedShare: [0.2, 0.2, 0.3] },
  kafkajs: { module: 'kafkajs', share: [0.1, 0.02, 0.2] },
  'node-rdkafka': { module: 'node-rdkafka', share: [0.2, 0.2, 0.1] },
  // By default it waits up to a second for a batch of a hundred: a lone message takes that long.
  'kafka-go': { program: 'kafka-go', share: [0.5, 0.15, 0.5, 0.01], tunedShare: [0.5, 0.15, 0.5] },
  'franz-go': { program: 'franz-go', share: [0.7, 0.5, 1] },
}

/** This build, on its defaults. */
export const own = { name: 'isokafka', module: 'isokafka', share: [1, 1, 1], tuned: false }

/** Another build of isokafka, measured beside this one. */
export const base = { ...own, name: 'isokafka@base' }

/** Every client that is measured; peers are there twice. */
export const clients = [
  own,
  ...Object.entries(peers).flatMap(([name, { tunedShare, ...peer }]) => [
    { ...peer, name, tuned: false },
    { ...peer, name, tuned: true, share: tunedShare ?? peer.share },
  ]),
]

const messagesAlone = { 'consume-100-batch': 'consume-100-message', 'consume-100-cursor': 'consume-100-message' }

// What a client has no counterpart for is measured once, as what it does have, and shown again there.
const standIns = {
  '@platformatic/kafka': messagesAlone,
  kafkajs: { 'consume-100-cursor': 'consume-100-batch' },
  'node-rdkafka': messagesAlone,
  'kafka-go': messagesAlone,
  'franz-go': messagesAlone,
}

/** Whether a client has no counterpart at all. */
export function cannot({ name }, workload) {
  return workload === 'transactions' && name === 'kafka-go'
}

/** The workload whose figure stands for this one's, where the client does nothing else in it. */
export function sameAs({ name }, workload) {
  return standIns[name]?.[workload]
}

/** The job of one client in one workload, counts scaled. */
export function jobOf({ share, tuned }, workload) {
  const job = workloads[workload]
  const [batched, single, consumed, lone = 1] = share
  const part = job.kind === 'latency' ? lone : job.kind === 'consume' ? consumed : job.perCall === 1 ? single : batched
  const scaled = count => Math.max(job.callers ?? 1, Math.round(count * part))
  return { ...job, tuned, warm: scaled(job.warm), count: scaled(job.count) }
}
