// A page that tails a topic, all its partitions, through a bridge: `npx isokafka bridge --learn localhost:9092 …` (docs/bridge.md). Its address says what to
// read: ?bridge=ws://localhost:8093/&brokers=localhost:9092&topic=news. Your server answers /token with a token it signed for the user.
import { type Message, type PartitionStats, Reader, Transport } from 'isokafka'
import { natives, websocket } from 'isokafka/websocket'

const settings = new URLSearchParams(location.search)
const bridge = settings.get('bridge') ?? 'ws://localhost:8093/'
const topic = settings.get('topic') ?? 'news'
const mostShown = 20
let count = 0

const element = (id: string): HTMLElement => document.getElementById(id)!
const wanted = element('filter') as HTMLInputElement
const byKey = element('by-key') as HTMLInputElement
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
  // What comes meanwhile waits at the brokers, not in the page: it is shown from there on.
  const pause = element('pause')
  pause.onclick = () => {
    const isPaused = pause.ariaPressed !== 'true'
    pause.ariaPressed = String(isPaused)
    pause.textContent = isPaused ? 'Go on' : 'Pause'
    if (isPaused) reader.pause()
    else reader.resume()
  }
  try {
    for await (const message of reader) show(message)
  } catch (error) {
    element('status').textContent = String(error)
  }
}

function show(message: Message): void {
  element('status').textContent = `${++count} messages so far`
  const row = document.createElement('tr')
  const key = message.keyText()
  for (const text of [message.partition, message.offset, message.time.toLocaleTimeString(), key, message.text()]) {
    row.insertCell().textContent = String(text)
  }
  if (!isWanted(row)) return
  if (key !== null) row.dataset['key'] = key
  element('messages').prepend(row)
  if (byKey.checked) keepLatest()
  if (element('messages').childElementCount > mostShown) element('messages').lastElementChild!.remove()
}

const rows = (): HTMLTableRowElement[] => [...element('messages').querySelectorAll('tr')]
const isWanted = ({ textContent }: HTMLElement): boolean => textContent!.includes(wanted.value)

/** Of each key the latest message, as a compacted topic keeps it. */
function keepLatest(): void {
  const seen = new Set<string>()
  for (const row of rows()) {
    const { key } = row.dataset
    if (key === undefined) continue
    if (seen.has(key)) row.remove()
    seen.add(key)
  }
}

byKey.onchange = () => byKey.checked && keepLatest()
wanted.oninput = () => {
  for (const row of rows()) row.hidden = !isWanted(row)
}

addEventListener('pageshow', ({ persisted }) => {
  if (persisted) void tail()
})
void tail()
