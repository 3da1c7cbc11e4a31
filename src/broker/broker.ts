import type { AnyApi } from '../protocol/api.ts'
import type { Address, Socket } from '../socket/socket.ts'
import type { BrokerConfig } from './config.ts'
import { type Control, Controls } from './control.ts'

/** Where clients that came one way reach each broker: memory and TCP advertise different addresses, as Kafka's listeners do. */
export interface Listener {
  address(brokerId: number): Address
}

/**
 * A Kafka cluster in this program's memory, for tests and demos. It speaks the protocol of Kafka 4.4 over any socket: `memory(broker)` of
 * `isokafka/memory` dials it without a network, `listen(broker)` of `isokafka/listen` puts it on TCP ports.
 */
export class Broker {
  readonly #controls = new Controls()

  constructor(_config: BrokerConfig = {}) {}

  /** Ids of all brokers, running or not. */
  get brokerIds(): readonly number[] {
    return []
  }

  /** Addresses for the memory adapter, `broker-1:9092` and so on, of the running brokers. */
  get addresses(): readonly string[] {
    return []
  }

  /** Serves one connection to a broker until either side ends it. */
  serve(_brokerId: number, _socket: Socket, _listener: Listener): Promise<void> {
    return Promise.resolve()
  }

  /** Puts a function before an API's handler; the answer takes it away. The latest added is asked first. */
  control<A extends AnyApi>(api: A, control: Control<A>): () => void {
    return this.#controls.add(api, control)
  }

  /** Makes another broker the partition's leader and raises the leader epoch. The old one answers NOT_LEADER_OR_FOLLOWER from now on. */
  moveLeader(_topic: string, _partition: number, _brokerId: number): void {}

  /** Makes another broker the coordinator of a group or a transactional id. The old one answers NOT_COORDINATOR from now on. */
  moveCoordinator(_kind: 'group' | 'transaction', _key: string, _brokerId: number): void {}

  /** Ends the broker's connections and refuses new ones; what it led or coordinated goes to a live one, where there is one. Data stays. */
  stopBroker(_brokerId: number): void {}

  startBroker(_brokerId: number): void {}

  /** Adds a broker to the cluster and answers its id. It leads nothing until topics are created or leaders moved. */
  addBroker(_options: { rack?: string } = {}): number {
    return 0
  }

  /** Every answer, or one API's, says it was throttled for so long, and the connection stays mute meanwhile (KIP-219). 0 ends it. */
  throttle(_milliseconds: number, _api?: AnyApi): void {}

  /** The next `times` requests of an API are applied, but their answers are lost and the connection closed. The answer takes it back. */
  loseAnswer(_api: AnyApi, _options: { times?: number } = {}): () => void {
    return () => {}
  }

  /** Ends every connection and timer. Safe to call twice. */
  close(): Promise<void> {
    return Promise.resolve()
  }
}
