// A page that tails a topic through a bridge: `npx isokafka bridge --learn localhost:9092 …` (docs/bridge.md). Its address says what to
// read: ?bridge=ws://localhost:8093/&brokers=localhost:9092&topic=news. Your server answers /token with a token it signed for the user.
import { LastOffset, Reader, Transport } from 'isokafka'
import { natives, websocket } from 'isokafka/websocket'

const settings = new URLSearchParams(location.search)
const bridge = settings.get('bridge') ?? 'ws://localhost:8093/'
const topic = settings.get('topic') ?? 'news'
const mostShown = 20

const element = (id: string): HTMLElement => document.getElementById(id)!
element('topic').textContent = topic

const token = async (): Promise<string> => (await fetch('/token')).text()
const transport = new Transport({ adapter: websocket({ url: bridge, token }), natives })
const reader = new Reader({ brokers: settings.get('brokers') ?? 'localhost:9092', topic, transport })
await reader.setOffset(LastOffset)
addEventListener('pagehide', () => void reader.close().then(() => transport.close()))

try {
  for await (const message of reader) {
    element('status').textContent = `${message.offset + 1} messages so far`
    const row = document.createElement('tr')
    const key = message.key === null ? '' : new TextDecoder().decode(message.key)
    for (const text of [message.partition, message.offset, message.time.toLocaleTimeString(), key, message.text()]) {
      row.insertCell().textContent = String(text)
    }
    element('messages').prepend(row)
    if (element('messages').childElementCount > mostShown) element('messages').lastElementChild!.remove()
  }
} catch (error) {
  element('status').textContent = String(error)
}
