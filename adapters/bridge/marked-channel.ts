import { type Deferred, deferred } from '../../src/base/deferred.ts'
import { ClosedError } from '../../src/base/errors.ts'
import { CloseCode, markEvery } from '../shared/bridge-wire.ts'
import type { Admission } from './admission.ts'
import type { Bridge } from './bridge.ts'
import { messageOverhead } from './budget.ts'
import type { Channel } from './channel.ts'

/** The least a WebSocket is, whatever the runtime. */
export interface BareWebSocket {
  binaryType: string
  send(data: Uint8Array<ArrayBuffer> | string): void
  close(code: number, reason: string): void
  addEventListener(type: 'message', listener: (event: { data: ArrayBuffer | string }) => void): void
  addEventListener(type: 'close', listener: (event: { code: number }) => void): void
  addEventListener(type: 'error', listener: (event: { message?: string }) => void): void
  removeEventListener(type: 'message', listener: (event: { data: ArrayBuffer | string }) => void): void
}

// Answers that wait for a client to read; an honest one never has so many questions.
const mostAnswers = 64
// So long a socket may be there that the runtime takes for closed, in milliseconds: whether it is, nothing says.
const longestStay = 60_000

/**
 * A channel over a WebSocket that neither says what it holds nor can be paused or pinged. Marks do for all of it (see
 * the subprotocol): the client returns each once it has all that was sent before. They can't be guessed, so that nobody
 * claims to have what still waits here.
 */
class MarkedChannel implements Channel {
  readonly #webSocket: BareWebSocket
  readonly #window: number
  readonly #every: number
  readonly #lost: () => void
  /** Marks under way, and how many bytes went before each. */
  readonly #marks: { readonly word: string; readonly sent: number }[] = []
  readonly #answers: string[] = []
  #sent = 0
  #marked = 0
  #arrived = 0
  #room: Deferred<void> | undefined
  /** To be closed so once all that was sent has arrived. */
  #farewell: { readonly code: CloseCode; readonly reason: string } | undefined
  #ended = false

  /**
   * `window`: bytes that may be on their way. `lost`: called when there is no use in waiting for the WebSocket's end.
   */
  constructor(webSocket: BareWebSocket, window: number, lost: () => void) {
    this.#webSocket = webSocket
    this.#window = window
    this.#every = Math.min(markEvery, window / 4)
    this.#lost = lost
  }

  get held(): number {
    return this.#sent - this.#arrived + this.#answers.length * messageOverhead
  }

  send(bytes: Uint8Array): void | Promise<void> {
    // Whether a WebSocket copies what it is given, not every runtime says.
    this.#say(bytes.slice(), bytes.length)
    return this.#room?.promise
  }

  ping(): void {
    const word = Array.from(crypto.getRandomValues(new Uint8Array(8)), byte => byte.toString(16).padStart(2, '0')).join(
      '',
    )
    this.#marked = this.#sent
    this.#marks.push({ word, sent: this.#sent })
    this.#post(`?${word}`)
  }

  /**
   * Waits for what was sent to arrive: Deno resets a connection on which anything but the client's own close comes
   * after ours, be it a mark, and with it goes all that is still on its way.
   */
  close(code: CloseCode, reason: string): void {
    this.#farewell = { code, reason }
    // Nobody waits for such a one.
    if (code === CloseCode.Flood) return this.terminate()
    if (this.#arrived === this.#sent) this.#webSocket.close(code, reason)
    else if (this.#marked < this.#sent) this.ping()
  }

  terminate(): void {
    const { code, reason } = this.#farewell ?? { code: CloseCode.GoingAway, reason: '' }
    try {
      this.#webSocket.close(code, reason)
    } catch {
      // It has begun to close.
    }
    this.#lost()
  }

  /** The client returned a mark. False when it isn't the next one. */
  returned(word: string): boolean {
    const mark = this.#marks[0]
    if (mark?.word !== word) return false
    this.#marks.shift()
    this.#arrived = mark.sent
    if (this.#farewell !== undefined) {
      if (this.#arrived === this.#sent) this.#webSocket.close(this.#farewell.code, this.#farewell.reason)
      return true
    }
    if (this.#room === undefined || this.#sent - this.#arrived > this.#window) return true
    this.#room.resolve()
    this.#room = undefined
    for (const answer of this.#answers.splice(0)) this.answer(answer)
    return true
  }

  /** Returns a mark of the client's, once it reads what went before. */
  answer(word: string): void {
    if (this.#room === undefined) this.#say(`!${word}`, word.length)
    else if (this.#answers.push(word) > mostAnswers) this.terminate()
  }

  /** The WebSocket is gone. */
  end(): void {
    this.#ended = true
    this.#room?.promise.catch(() => {})
    this.#room?.reject(new ClosedError('the WebSocket is closed'))
    this.#room = undefined
  }

  #say(data: Uint8Array<ArrayBuffer> | string, length: number): void {
    this.#post(data)
    this.#sent += length + messageOverhead
    if (this.#sent - this.#marked >= this.#every) this.ping()
    if (this.#sent - this.#arrived > this.#window) this.#room ??= deferred()
  }

  #post(data: Uint8Array<ArrayBuffer> | string): void {
    if (this.#ended) throw new ClosedError('the WebSocket is closed')
    this.#webSocket.send(data)
  }
}

/** How a socket is ended, and whether the WebSocket's own end tells of it. */
export interface Cut {
  readonly isTold: boolean
  end(): void
}

/**
 * Carries what goes through a WebSocket of that kind; settles once nothing of it is left. `cut`: how its socket is
 * ended, whatever the client does, where the runtime can.
 */
export function relayMarked(
  bridge: Bridge,
  admission: Admission,
  webSocket: BareWebSocket,
  cut: Cut | undefined,
): Promise<void> {
  const over = deferred<void>()
  const { clock, limits } = bridge.settings
  const { idleTimeout, messageBytes, windowBytes } = limits
  /** Its socket may be there, though the runtime takes it for closed. */
  let stays = false
  const ended = (code: number): void => {
    channel.end()
    closed(code).then(over.resolve, over.reject)
  }
  const gone = (code: number): void => {
    ended(code)
    if (!stays) void leave(code)
  }
  const channel = new MarkedChannel(webSocket, windowBytes, () => {
    ended(CloseCode.Abnormal)
    webSocket.removeEventListener('message', heard)
    void over.promise.then(cutOff)
  })
  async function cutOff(): Promise<void> {
    if (cut === undefined) return
    if (!cut.isTold) await leave(CloseCode.Abnormal)
    // Deno's socket is there while a write waits for the client to read, and only an error tells the end of that.
    else if (channel.held > 0) {
      stays = true
      clock.after(Math.min(longestStay, idleTimeout), () => void leave(CloseCode.Abnormal))
    }
    cut.end()
  }
  const { relay, closed, gone: leave } = bridge.relay(admission, channel)
  webSocket.binaryType = 'arraybuffer'
  const heard = ({ data }: { data: ArrayBuffer | string }): void => {
    if (typeof data !== 'string') {
      // The runtime has put it together by now; its own bound is what holds before that.
      if (data.byteLength > messageBytes) relay.oversized()
      else relay.message(new Uint8Array(data))
      return
    }
    const [, kind, word = ''] = /^([?!])([\w.]{1,32})$/.exec(data) ?? []
    if (kind === '?') relay.mark(() => channel.answer(word))
    // We asked for it.
    else if (kind === '!' && channel.returned(word)) relay.alive()
    else relay.text()
  }
  webSocket.addEventListener('message', heard)
  webSocket.addEventListener('error', ({ message }) => {
    relay.failed(message ?? 'lost')
    stays = false
    gone(CloseCode.Abnormal)
  })
  webSocket.addEventListener('close', ({ code }) => gone(code))
  return over.promise
}
