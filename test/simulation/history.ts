import type { Message } from '../../src/records/message.ts'

/** One message that a writer was given. */
export interface Sent {
  readonly writer: string
  readonly value: string
  readonly topic: string
  /** Counts the writer's messages. */
  readonly number: number
  readonly acks: 'all' | 'one'
  readonly idempotent: boolean
  /** Whether it counts, its transaction says. */
  readonly transactional?: boolean
  readonly at: number
  /** `open`: not settled. `unknown`: it may be in the log. `failed`: it is not. */
  outcome: 'open' | 'acked' | 'failed' | 'unknown'
  partition: number
  /** −1 where none was told. */
  offset: number
  settledAt: number
}

/** A message in a partition's log, as it is in the end. */
export interface Logged {
  readonly topic: string
  /** Which of the topics that had this name, counted from 0. */
  readonly life: number
  readonly partition: number
  readonly offset: number
  readonly value: string
}

/** A message that an application was handed. */
export interface Delivered {
  readonly reader: string
  /** '' without. */
  readonly group: string
  /** Of the group; 0 without. */
  readonly generation: number
  /** Counts what lets a reader begin elsewhere: assignments, its own moves. Within one it goes on from where it was. */
  readonly stint: number
  readonly topic: string
  /** Of the topic; told from what its logs held. */
  life: number
  readonly partition: number
  readonly offset: number
  readonly value: string
  readonly at: number
}

/** A transaction, and what was written in it. */
export interface TransactionNote {
  readonly by: string
  readonly values: string[]
  /** Of messages, which another transaction may make, too. */
  readonly copies: boolean
  /** `open`: its host died. `unknown`: it may be committed. */
  outcome: 'open' | 'committed' | 'aborted' | 'unknown'
}

/** A call that has to settle by some moment. */
export interface Call {
  readonly by: string
  readonly what: string
  readonly at: number
  /** Later for a host that slept meanwhile. */
  deadline: number
  settledAt: number | undefined
  /** Of a host that crashed: nothing comes of it. */
  void: boolean
}

/** An error that an application saw, other than by a write. */
export interface Complaint {
  readonly by: string
  readonly at: number
  readonly error: unknown
}

/** Why a log may have lost what was acknowledged. */
export const lostDisk = 'a broker lost its disk'

/** All that happened in a world, as its applications saw it. */
export class History {
  readonly sent = new Map<string, Sent>()
  readonly delivered: Delivered[] = []
  readonly transactions: TransactionNote[] = []
  readonly calls: Call[] = []
  readonly complaints: Complaint[] = []
  /** Where a reader went of itself, by its name, partition and stint. */
  readonly moves = new Map<string, number>()
  /** Members that the group had without. */
  readonly evictions: { readonly by: string; readonly at: number }[] = []
  /** One line for each thing, in order: what a person reads, and what two runs of a seed are compared by. */
  readonly trace: string[] = []
  /** Hosts that crashed. */
  readonly dead = new Set<string>()
  /** What the topics held that had the name before, each when it was deleted. */
  readonly formerLogs: (readonly Logged[])[] = []
  /** Why a log may have lost what was acknowledged by all in sync: undefined when it may not. */
  loss: string | undefined
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  note(text: string): void {
    this.trace.push(`${this.#now().toFixed(3)} ${text}`)
  }

  /** An application was handed a message. */
  handed(message: Message, who: Pick<Delivered, 'reader' | 'group' | 'generation' | 'stint'>): void {
    const { topic, partition, offset } = message
    const value = message.text()
    this.delivered.push({ ...who, topic, life: 0, partition, offset, value, at: this.#now() })
    this.note(`${who.reader}: ${value} of ${partition}/${offset}`)
  }

  /** Watches over a call that must settle within so many milliseconds. */
  async call<T>(by: string, what: string, within: number, promise: Promise<T>): Promise<T> {
    const at = this.#now()
    const call: Call = { by, what, at, deadline: at + within, settledAt: undefined, void: false }
    this.calls.push(call)
    // Not promise.finally(), which takes more turns in one engine than in another.
    try {
      return await promise
    } finally {
      call.settledAt = this.#now()
    }
  }

  /** A host slept for so long: its calls have as much more time. */
  slept(by: string, milliseconds: number): void {
    for (const call of this.calls) if (call.by === by && call.settledAt === undefined) call.deadline += milliseconds
  }

  /** The calls of a host that has died will never settle. */
  forget(by: string): void {
    this.dead.add(by)
    for (const call of this.calls) if (call.by === by && call.settledAt === undefined) call.void = true
    for (const sent of this.sent.values()) if (sent.writer === by && sent.outcome === 'open') sent.outcome = 'unknown'
  }

  evicted(by: string): void {
    this.evictions.push({ by, at: this.#now() })
    this.note(`${by} was thrown out`)
  }

  /** Finds out of which life each message was that was handed out. */
  tellLives(log: readonly Logged[]): void {
    if (this.formerLogs.length === 0) return
    const lives = [...this.formerLogs, log].map(
      each => new Map(each.map(({ partition, offset, value }) => [`${partition}/${offset}`, value])),
    )
    const latest = new Map<string, number>()
    for (const each of this.delivered) {
      const name = `${each.reader} ${each.partition}`
      // A batch sent again to the next topic may be at the same place in both.
      const from = latest.get(name) ?? 0
      const place = `${each.partition}/${each.offset}`
      const life = lives.findIndex((held, i) => i >= from && held.get(place) === each.value)
      each.life = life < 0 ? from : life
      latest.set(name, each.life)
    }
  }

  complain(by: string, error: unknown): void {
    this.complaints.push({ by, at: this.#now(), error })
    this.note(`${by} was told: ${nameOf(error)}`)
  }
}

/** Without what engines word differently. */
export function nameOf(error: unknown): string {
  const { name, code } = error as { name?: string; code?: unknown }
  return code === undefined ? String(name) : `${name} ${code}`
}
