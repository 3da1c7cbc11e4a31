import type { RefusalReason } from './refusal.ts'

/** What a bridge counts, in Prometheus' text format. No label is a client's to choose. */
export class Metrics {
  readonly #refused = new Map<RefusalReason, number>()
  readonly #closed = new Map<number, number>()
  readonly #connections: () => number
  readonly #held: () => number
  readonly #budget: number
  readonly #refusedApis = new Map<string, number>()
  opened = 0
  /** Bytes from clients to brokers, and the other way. */
  bytesUp = 0
  bytesDown = 0

  /** `connections`: how many there are now. `held`: bytes they hold, of a `budget` of so many. */
  constructor(connections: () => number, held: () => number, budget: number) {
    this.#budget = budget
    this.#connections = connections
    this.#held = held
  }

  refuse(reason: RefusalReason): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1)
  }

  /** `api`: one of Kafka's names. */
  refuseApi(api: string): void {
    this.#refusedApis.set(api, (this.#refusedApis.get(api) ?? 0) + 1)
  }

  close(code: number): void {
    // Clients may close with any code there is.
    const counted = code >= 1000 && code <= 1015 ? code : code >= 4000 && code <= 4010 ? code : 0
    this.#closed.set(counted, (this.#closed.get(counted) ?? 0) + 1)
  }

  text(): string {
    return [
      ...metric('connections', 'gauge', 'Connections now, those being opened included.', [['', this.#connections()]]),
      ...metric('held_bytes', 'gauge', 'Bytes that all connections hold.', [['', this.#held()]]),
      ...metric('held_bytes_limit', 'gauge', 'The budget for those.', [['', this.#budget]]),
      ...metric('opened_total', 'counter', 'Connections accepted.', [['', this.opened]]),
      ...metric('refused_total', 'counter', 'Upgrades refused, by reason.', labelled('reason', this.#refused)),
      ...metric(
        'refused_requests_total',
        'counter',
        'Requests not passed on, by API.',
        labelled('api', this.#refusedApis),
      ),
      ...metric(
        'closed_total',
        'counter',
        'Connections ended, by WebSocket close code; 0 is any other.',
        labelled('code', this.#closed),
      ),
      ...metric('bytes_total', 'counter', 'Bytes of Kafka, by direction.', [
        ['{direction="up"}', this.bytesUp],
        ['{direction="down"}', this.bytesDown],
      ]),
    ].join('')
  }
}

function metric(name: string, type: string, help: string, samples: readonly (readonly [string, number])[]): string[] {
  const full = `isokafka_bridge_${name}`
  return [
    `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n`,
    ...samples.map(([labels, value]) => `${full}${labels} ${value}\n`),
  ]
}

function labelled(label: string, counts: ReadonlyMap<string | number, number>): [string, number][] {
  return [...counts].map(([value, count]) => [`{${label}="${value}"}`, count])
}
