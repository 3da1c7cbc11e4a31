import { formatAddress } from '../base/address.ts'
import { randomOf } from '../base/clock.ts'
import { TimeoutError } from '../base/errors.ts'
import { authenticate } from '../sasl/authenticate.ts'
import type { Mechanism } from '../sasl/mechanism.ts'
import type { Authenticate } from './settings.ts'

/** A broker that names shorter lifetimes would keep us at nothing but authenticating, in milliseconds. */
const leastSession = 1000

// This machine.
const here = /^(localhost|127\.[\d.]+|::1)$/i

/** Authenticates open connections with this mechanism, for the first time or anew (KIP-368). */
export function authenticateBy(mechanism: Mechanism): Authenticate {
  let warned = false
  return async ({ adapter, clock, dialTimeout, lifetime, logger, tls }, broker, connection, milliseconds) => {
    // Adapters that have a guard dial brokers themselves; others have their own ways to hide what passes.
    if (!warned && mechanism.name === 'PLAIN' && !tls && adapter.guard && !here.test(broker.host)) {
      warned = true
      logger.warn(`${formatAddress(broker)}: PLAIN without TLS: the password can be read by whoever is on the way`)
    }
    const lifetimeMs = await lifetime.during(async controller => {
      const late = (): unknown =>
        new TimeoutError(`${formatAddress(broker)}: not authenticated within ${dialTimeout} ms`)
      const cancel = clock.after(milliseconds, () => controller.abort(late()))
      return authenticate(connection, mechanism, {
        host: broker.host,
        port: broker.port,
        clock,
        signal: controller.signal,
      }).finally(cancel)
    })
    // As Java: well before the end, and not all connections at once.
    const after = Math.max(leastSession, lifetimeMs * (0.85 + 0.1 * randomOf(clock)))
    return lifetimeMs > 0 ? clock.monotonic() + after : Number.POSITIVE_INFINITY
  }
}
