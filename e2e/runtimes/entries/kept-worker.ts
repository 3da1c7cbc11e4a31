import { Client, Reader, Transport, Writer } from '../../../src/index.ts'

interface Kept {
  readonly transport: Transport
  readonly writer: Writer
  readonly reader: Reader
}

/** What a program keeps for the next request, though it should not. */
let kept: Kept | undefined
// Made while the module loads, used by whichever request comes first.
const early = new Writer({ addr: 'set.by.nobody:1', topic: 't' })

function make(brokers: string): Kept {
  const transport = new Transport()
  const writer = new Writer({ addr: brokers, topic: 't', transport })
  return { transport, writer, reader: new Reader({ brokers, topic: 't', partition: 0, transport }) }
}

async function said(call: () => Promise<unknown>): Promise<string> {
  try {
    await call()
    return 'done'
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`
  }
}

/** Writes and reads with what this request made itself. */
async function own(brokers: string, value: string): Promise<string> {
  const { transport, writer, reader } = make(brokers)
  await writer.writeMessages({ value })
  const message = await reader.readMessage()
  await reader.close()
  await writer.close()
  await transport.close()
  return `${message.text()} and so on`
}

async function answer(request: Request): Promise<Response> {
  const { brokers, value } = (await request.json()) as { brokers: string; value: string }
  const wanted = new URL(request.url).pathname
  if (wanted === '/own') return Response.json(await own(brokers, value))
  if (wanted === '/keep') {
    kept = make(brokers)
    await kept.writer.writeMessages({ value })
    return Response.json((await kept.reader.readMessage()).text())
  }
  const { transport, writer, reader } = kept!
  return Response.json({
    writer: await said(() => writer.writeMessages({ value })),
    reader: await said(() => reader.readMessage()),
    newWriter: await said(async () => new Writer({ addr: brokers, topic: 't', transport }).writeMessages({ value })),
    client: await said(async () => new Client({ addr: brokers, transport }).metadata({ topics: ['t'] })),
    early: await said(() => early.stats() && Promise.resolve()),
  })
}

export default { fetch: answer }

/** Keeps one for as long as it lives, which is its right. */
export class Keeper {
  #kept: Kept | undefined

  async fetch(request: Request): Promise<Response> {
    const { brokers, value } = (await request.json()) as { brokers: string; value: string }
    this.#kept ??= make(brokers)
    await this.#kept.writer.writeMessages({ value })
    return Response.json((await this.#kept.reader.readMessage()).text())
  }
}
