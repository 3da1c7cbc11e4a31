import type { NamedConfigs } from '../configs/named-configs.ts'
import { andThen, type Turns } from '../turns.ts'
import { ClientInstance } from './client-instance.ts'
import { type ClientAttributes, subscribed } from './subscribed.ts'

/** As many as a Kafka remembers. */
const most = 16_384

/** The clients that one broker has been asked by for subscriptions to their metrics: those used last. */
export class ClientInstances {
  readonly #byId = new Map<string, ClientInstance>()

  /** The client of that id as the subscriptions are now: another one when they changed. */
  of(
    id: string,
    attributes: ClientAttributes,
    subscriptions: NamedConfigs,
    turns: Turns,
  ): ClientInstance | Promise<ClientInstance> {
    const known = this.#byId.get(id)
    const { version } = subscriptions
    if (known !== undefined && known.version === version) return this.#keep(id, known)
    return andThen(subscribed(subscriptions, attributes, turns), found =>
      this.#keep(id, new ClientInstance(id, found, version)),
    )
  }

  #keep(id: string, instance: ClientInstance): ClientInstance {
    this.#byId.delete(id)
    this.#byId.set(id, instance)
    if (this.#byId.size > most) this.#byId.delete(this.#byId.keys().next().value!)
    return instance
  }
}
