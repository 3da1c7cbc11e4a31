import { ProtocolError } from '../base/errors.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../protocol/api.ts'
import type { ApiVersions } from '../protocol/api-versions.ts'
import { ErrorCode, errorFor } from '../protocol/errors.ts'

/** What a broker tells of itself in its answer to ApiVersions. */
export type Spoken = Pick<ResponseOf<typeof ApiVersions>, 'apiKeys' | 'finalizedFeatures' | 'finalizedFeaturesEpoch'>

/** What one broker speaks. */
export class BrokerVersions {
  readonly #broker: string
  readonly spoken: Spoken
  readonly offered = new Map<number, { readonly minVersion: number; readonly maxVersion: number }>()
  /** Finalised cluster features and their levels; empty when the broker tells none. */
  readonly features: ReadonlyMap<string, number>

  constructor(broker: string, spoken: Spoken) {
    const { apiKeys, finalizedFeatures, finalizedFeaturesEpoch } = spoken
    this.#broker = broker
    this.spoken = spoken
    for (const offer of apiKeys) this.offered.set(offer.apiKey, offer)
    this.features = new Map(
      finalizedFeaturesEpoch < 0 ? [] : finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]),
    )
  }

  /** The highest version of an API both sides speak. */
  version(api: AnyApi): number {
    const offer = this.#offer(api)
    const version = Math.min(api.maxVersion, offer.maxVersion)
    if (version < Math.max(api.minVersion, offer.minVersion))
      throw this.#unsupported(
        `no common version of ${api.name}: the broker speaks ${offer.minVersion}–${offer.maxVersion}, this client ${api.minVersion}–${api.maxVersion}`,
      )
    return version
  }

  /** The highest version of an API both sides speak that can carry the request. */
  versionFor<A extends AnyApi>(api: A, request: RequestInput<A>, features = this.features): number {
    const version = this.version(api)
    if (api.cap === undefined) return version
    const cap = api.cap(request, { features })
    if (cap >= version) return version
    const lowest = Math.max(api.minVersion, this.#offer(api).minVersion)
    if (cap < lowest)
      throw this.#unsupported(`this ${api.name} request fits version ${cap} at most, the broker needs ${lowest}`)
    return cap
  }

  #offer(api: AnyApi): { readonly minVersion: number; readonly maxVersion: number } {
    const offer = this.offered.get(api.key)
    if (offer === undefined) throw this.#unsupported(`the broker does not offer ${api.name} (API key ${api.key})`)
    return offer
  }

  /** Caused by the error that the broker itself would answer. */
  #unsupported(what: string): ProtocolError {
    return new ProtocolError(`${this.#broker}: ${what}`, { cause: errorFor(ErrorCode.UnsupportedVersion) })
  }
}
