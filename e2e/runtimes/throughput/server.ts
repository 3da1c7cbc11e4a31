// In a process of its own: answers every Fetch with the same mebibyte of records, from memory. Prints its port.
import * as net from 'node:net'
import { ByteReader } from '../../../src/bytes/reader.ts'
import { ApiVersions } from '../../../src/protocol/api-versions.ts'
import { Fetch } from '../../../src/protocol/fetch.ts'
import { readRequestHeader, responseFrame } from '../../../src/protocol/headers.ts'

const records = new Uint8Array(1024 * 1024).fill(7)
const partition = { partitionIndex: 0, errorCode: 0, highWatermark: 1_000_000, records }
const apiKeys = [ApiVersions, Fetch].map(({ key, minVersion, maxVersion }) => ({ apiKey: key, minVersion, maxVersion }))

function answer(frame: Uint8Array): Uint8Array[] {
  const { apiKey, apiVersion, correlationId } = readRequestHeader(new ByteReader(frame))
  if (apiKey === ApiVersions.key)
    return responseFrame(ApiVersions, apiVersion, correlationId, { errorCode: 0, apiKeys })
  // The records are attached and not copied.
  const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'
  return responseFrame(Fetch, apiVersion, correlationId, {
    sessionId: 0,
    responses: [{ topicId, partitions: [partition] }],
  })
}

const server = net.createServer({ noDelay: true }, socket => {
  let held = new Uint8Array()
  socket.on('error', () => {})
  socket.on('data', bytes => {
    held = held.length === 0 ? new Uint8Array(bytes) : Uint8Array.of(...held, ...bytes)
    for (;;) {
      const size = held.length < 4 ? Number.POSITIVE_INFINITY : new DataView(held.buffer, held.byteOffset).getInt32(0)
      if (held.length < 4 + size) return
      socket.cork()
      for (const piece of answer(held.subarray(4, 4 + size))) socket.write(piece)
      socket.uncork()
      held = held.subarray(4 + size)
    }
  })
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as net.AddressInfo).port))
