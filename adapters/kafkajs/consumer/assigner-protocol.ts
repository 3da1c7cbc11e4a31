import { ByteReader } from '../../../src/bytes/reader.ts'
import { ByteWriter } from '../../../src/bytes/writer.ts'
import { bufferOf, toBuffer } from '../bytes.ts'
import type { Assignment, ISerializer, MemberAssignment, MemberMetadata } from '../types/consumer.ts'

type Encodable<T extends { userData: Buffer }> = Omit<T, 'userData'> & { userData?: Buffer | string | null }

function writeList<T>(to: ByteWriter, items: readonly T[], write: (item: T) => void): void {
  to.int32(items.length)
  for (const item of items) write(item)
}

/** No user data at all is an empty one; only null is null. */
function writeUserData(to: ByteWriter, userData: Buffer | string | null = ''): void {
  if (userData === null) return to.int32(-1)
  const bytes = bufferOf(userData)
  to.int32(bytes.length)
  to.raw(bytes)
}

function readList<T>(from: ByteReader, read: () => T): T[] {
  const count = from.int32()
  const items: T[] = []
  // What says that it has more than there are bytes ends at the last of them.
  for (let i = 0; i < count; i++) items.push(read())
  return items
}

function readString(from: ByteReader): string {
  const length = from.int16()
  return length < 0 ? (null as unknown as string) : from.utf8(length)
}

function readUserData(from: ByteReader): Buffer {
  const length = from.int32()
  return length < 0 ? (null as unknown as Buffer) : toBuffer(from.copy8(length))
}

/** What a member tells its leader: version, topics and user data. Later versions are read as far as that. */
const memberMetadata: ISerializer<MemberMetadata> & { encode(metadata: Encodable<MemberMetadata>): Buffer } = {
  encode({ version, topics, userData }: Encodable<MemberMetadata>): Buffer {
    const to = new ByteWriter()
    to.int16(version)
    writeList(to, topics, topic => to.string(topic, 'int16'))
    writeUserData(to, userData)
    return toBuffer(to.done())
  },

  decode(buffer: Buffer): MemberMetadata {
    const from = new ByteReader(buffer)
    const version = from.int16()
    const topics = readList(from, () => readString(from))
    return { version, topics, userData: readUserData(from) }
  },
}

/** What a leader tells a member; null for no bytes at all, which a member gets that was left out. */
const memberAssignment: ISerializer<MemberAssignment> & { encode(assignment: Encodable<MemberAssignment>): Buffer } = {
  encode({ version, assignment, userData }: Encodable<MemberAssignment>): Buffer {
    const to = new ByteWriter()
    to.int16(version)
    writeList(to, Object.keys(assignment), topic => {
      to.string(topic, 'int16')
      writeList(to, assignment[topic]!, partition => to.int32(partition))
    })
    writeUserData(to, userData)
    return toBuffer(to.done())
  },

  decode(buffer: Buffer): MemberAssignment | null {
    if (buffer.length < 2) return null
    const from = new ByteReader(buffer)
    const version = from.int16()
    const topics = readList(from, () => [readString(from), readList(from, () => from.int32())] as const)
    const assignment: Assignment = {}
    // By definition, for __proto__ is a legal topic name.
    for (const [topic, value] of topics)
      Object.defineProperty(assignment, topic, { value, writable: true, enumerable: true, configurable: true })
    return { version, assignment, userData: readUserData(from) }
  },
}

/** What members and leaders of classic groups tell each other, as bytes. */
export const AssignerProtocol = { MemberMetadata: memberMetadata, MemberAssignment: memberAssignment }
