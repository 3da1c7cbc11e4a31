// A page that tails a topic through a bridge: `npx isokafka bridge --learn localhost:9092 …` (docs/bridge.md). Its address says what to
// read: ?bridge=ws://localhost:8093/&brokers=localhost:9092&topic=news. Your server answers /token with a token it signed for the user.
import { type Message, type PartitionStats, Reader, Transport } from 'isokafka'
import { natives, websocket } from 'isokafka/websocket'

const settings = new URLSearchParams(location.search)
const bridge = settings.get('bridge') ?? 'ws://localhost:8093/'
const topic = settings.get('topic') ?? 'news'
const mostShown = 20
let count = 0

const element = (id: string): HTMLElement => document.getElementById(id)!
element('topic').textContent = topic

const token = async (): Promise<string> => (await fetch('/token')).text()
// Where to go on in each partition, when the page was left and the browser brings it back as it was.
let places: readonly PartitionStats[] = []

async function tail(): Promise<void> {
  const transport = new Transport({ adapter: websocket({ url: bridge, token }), natives })
  const reader = new Reader({
    brokers: settings.get('brokers') ?? 'localhost:9092',
    topic,
    startOffset: 'latest',
    transport,
  })
  for (const { partition, offset } of places) reader.seek(topic, partition, offset)
  const leave = (): void => {
    const { partitions } = reader.stats()
    // There are none as long as it doesn't know the topic.
    if (partitions.length > 0) places = partitions
    void reader.close().then(() => transport.close())
  }
  addEventListener('pagehide', leave, { once: true })
  try {
    for await (const message of reader) show(message)
  } catch (error) {
    element('status').textContent = String(error)
  }
}

function show(message: Message): void {
  element('status').textContent = `${++count} messages so far`
  const row = document.createElement('tr')
  for (const text of [
    message.partition,
    message.offset,
    message.time.toLocaleTimeString(),
    message.keyText(),
    message.text(),
  ]) {
    row.insertCell().textContent = String(text)
  }
  element('messages').prepend(row)
  if (element('messages').childElementCount > mostShown) element('messages').lastElementChild!.remove()
}

addEventListener('pageshow', ({ persisted }) => {
  if (persisted) void tail()
})
void tail()
