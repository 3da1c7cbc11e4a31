import { once } from 'node:events'
import { WebSocket } from 'ws'

interface Answer {
  readonly type: 'success' | 'error' | 'event'
  readonly id?: number | null
  readonly result?: unknown
  readonly error?: string
  readonly message?: string
}

/** As much of WebDriver BiDi as we use: commands. What happens in a page, the page tells by itself. */
export class Bidi {
  private readonly webSocket: WebSocket
  private readonly waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>()
  private last = 0

  static async connect(url: string): Promise<Bidi> {
    const webSocket = new WebSocket(url, { perMessageDeflate: false })
    await once(webSocket, 'open')
    return new Bidi(webSocket)
  }

  private constructor(webSocket: WebSocket) {
    this.webSocket = webSocket
    webSocket.on('message', text => this.answered(JSON.parse(text.toString())))
    // The close that follows tells enough.
    webSocket.on('error', () => {})
    webSocket.on('close', () => {
      for (const { reject } of this.waiting.values()) reject(new Error('the browser is gone'))
      this.waiting.clear()
    })
  }

  call<T = unknown>(method: string, params: object = {}): Promise<T> {
    if (this.webSocket.readyState !== WebSocket.OPEN) return Promise.reject(new Error('the browser is gone'))
    const id = ++this.last
    this.webSocket.send(JSON.stringify({ id, method, params }))
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }))
  }

  close(): void {
    this.webSocket.terminate()
  }

  private answered({ type, id, result, error, message }: Answer): void {
    const waiter = this.waiting.get(id ?? 0)
    if (waiter === undefined) return
    this.waiting.delete(id ?? 0)
    if (type === 'success') waiter.resolve(result as never)
    else waiter.reject(new Error(`${error}: ${message}`))
  }
}
