import { ProtocolError } from '../../src/base/errors.ts'
import type { Socket } from '../../src/socket/socket.ts'
import { CloseCode } from '../shared/bridge-wire.ts'
import type { Answers } from './answers.ts'
import type { Channel } from './channel.ts'

interface DownwardEvents {
  /** The broker said so many bytes, which are not sent yet. */
  said(bytes: number): void
  /** So many bytes were given to the channel, or have left it. */
  sent(bytes: number): void
  /** All that the broker said was sent; it ended so many answers. */
  delivered(answers: number): void
  /** None of the bridge's own answers is due any more. */
  told(): void
  /** The broker is gone, or failed. */
  over(code: CloseCode, reason: string): void
  /** It said what is not Kafka. */
  broken(error: ProtocolError): void
}

/** What the broker says, and between that answers of the bridge's own, in the order of the requests. */
export class Downward {
  readonly #socket: Socket
  readonly #channel: Channel
  readonly #answers: Answers
  readonly #events: DownwardEvents
  /** Set while answers of the bridge's own are sent by themselves, and while the broker's are. */
  #telling: Promise<void> | undefined
  #delivering = false

  constructor(socket: Socket, channel: Channel, answers: Answers, events: DownwardEvents) {
    this.#socket = socket
    this.#channel = channel
    this.#answers = answers
    this.#events = events
    void this.#pump()
  }

  /** Answers of the bridge's own are on their way. */
  get telling(): boolean {
    return this.#telling !== undefined
  }

  /** Sends what is due of the bridge's own answers. */
  tell(): void {
    this.#telling ??= this.#tell()
  }

  async #tell(): Promise<void> {
    // So that who starts this has its promise before the end clears it; and the broker's next answer can wait for it.
    await undefined
    if (!this.#delivering)
      for (let own = this.#answers.due(); own !== undefined; own = this.#answers.due()) await this.#send(own)
    this.#telling = undefined
    this.#events.told()
  }

  /** To the client, as fast as it takes: nothing is read before the last is sent. */
  async #pump(): Promise<void> {
    try {
      for (;;) {
        const bytes = await this.#socket.read()
        if (this.#telling !== undefined) await this.#telling
        if (bytes === null) {
          if (this.#answers.between) this.#events.over(CloseCode.BrokerClosed, 'the broker closed the connection')
          else this.#events.over(CloseCode.BrokerFailed, 'the broker closed the connection in the middle of an answer')
          return
        }
        this.#delivering = true
        const before = this.#answers.count
        if (!(await this.#deliver(bytes))) return
        this.#delivering = false
        const ended = this.#answers.count - before
        if (this.#answers.waiting > 0) this.tell()
        this.#events.delivered(ended)
      }
    } catch (error) {
      if (error instanceof ProtocolError) this.#events.broken(error)
      else this.#events.over(CloseCode.BrokerFailed, 'the connection to the broker failed')
    }
  }

  #deliver(bytes: Uint8Array): Promise<boolean> {
    this.#events.said(bytes.length)
    if (this.#answers.waiting > 0) return this.#deliverBetween(bytes)
    this.#answers.follow(bytes)
    return this.#send(bytes)
  }

  async #deliverBetween(bytes: Uint8Array): Promise<boolean> {
    for (let at = 0; at < bytes.length; ) {
      const end = at + this.#answers.follow(at === 0 ? bytes : bytes.subarray(at))
      if (!(await this.#send(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end)))) return false
      at = end
      for (let own = this.#answers.due(); own !== undefined; own = this.#answers.due())
        if (!(await this.#send(own))) return false
    }
    return true
  }

  /** False once there is nobody to send to. */
  async #send(bytes: Uint8Array): Promise<boolean> {
    try {
      const sent = this.#channel.send(bytes)
      this.#events.sent(bytes.length)
      await sent
      this.#events.sent(0)
      return true
    } catch {
      return false
    }
  }
}
