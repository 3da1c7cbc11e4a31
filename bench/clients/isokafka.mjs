/** `dist` is the directory of the build to measure. */
const load = dist => import(`${dist}/index.js`)

export async function producer({ brokers, topic, acks, transactional, dist }) {
  const { Writer } = await load(dist)
  if (transactional) {
    const writer = new Writer({ addr: brokers, topic, transactionalId: topic })
    return {
      send: values => writer.transaction(tx => tx.writeMessages(values.map(value => ({ value })))),
      close: () => writer.close(),
    }
  }
  const writer = new Writer({ addr: brokers, topic, requiredAcks: acks })
  return {
    send: values => writer.writeMessages(values.length === 1 ? { value: values[0] } : values.map(value => ({ value }))),
    close: () => writer.close(),
  }
}

export async function consumer({ brokers, topic, group, dist }, mode, seen) {
  const { Reader } = await load(dist)
  const reader = new Reader({ brokers, topic, groupId: group })
  const consume = { message: eachMessage, batch: eachBatch, cursor: eachRecord }[mode]
  const done = consume(reader, seen)
  return {
    async close() {
      await reader.close()
      await done
    },
  }
}

async function eachMessage(reader, seen) {
  for await (const message of reader) if (seen(1, message.value.length)) break
}

async function eachBatch(reader, seen) {
  for await (const batch of reader.batches()) {
    let bytes = 0
    const messages = batch.messages()
    for (const message of messages) bytes += message.value.length
    if (seen(messages.length, bytes)) break
  }
}

async function eachRecord(reader, seen) {
  for await (const batch of reader.batches()) {
    let bytes = 0
    let count = 0
    for (const cursor = batch.cursor(); cursor.next(); count++) bytes += cursor.valueLength
    if (seen(count, bytes)) break
  }
}
