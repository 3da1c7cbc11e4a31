/**
 * The root of every error this package makes. Two copies of the package in one program (a bundle and a dependency, say)
 * have two classes of each name, so `instanceof` answers by a brand and not by prototype alone.
 */
export class IsoKafkaError extends Error {
  /** Whether trying the same thing again may succeed. */
  readonly temporary: boolean = false
  /** Whether a deadline passed. */
  readonly timeout: boolean = false

  /** `cause` is the error behind it. */
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = new.target.brand.slice('isokafka.'.length)
  }

  /** Whether it is an error of this class, of this copy of the package or another. */
  static override [Symbol.hasInstance](this: unknown, value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false
    if (typeof this !== 'function') return false
    for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at)) {
      const made = (at as { constructor?: unknown }).constructor
      if (made === this) return true
      if (
        typeof made === 'function' &&
        Object.hasOwn(this, 'brand') &&
        Object.hasOwn(made, 'brand') &&
        (made as unknown as Branded).brand === (this as unknown as Branded).brand
      )
        return true
    }
    return false
  }

  /**
   * Names the class across copies of the package. A subclass without one of its own is recognised by identity alone.
   */
  static readonly brand: string = 'isokafka.IsoKafkaError'
}

type Branded = { readonly brand: string }

/** Details of a failed request. */
interface Sent {
  cause?: unknown
  /** Whether any byte of the request may have left. */
  sent?: boolean
}

/**
 * A connection could not be made, or ended: refused, reset, unreachable, closed by the peer. `broker` says which, as
 * host:port.
 */
export class ConnectionError extends IsoKafkaError {
  static override readonly brand: string = 'isokafka.ConnectionError'
  override readonly temporary: boolean = true
  /** The broker, as host:port. */
  readonly broker: string
  /**
   * Whether any byte of the request may have left: false means that the broker has not seen it, and sending it again is
   * safe.
   */
  readonly sent: boolean

  constructor(broker: string, message: string, options: Sent = {}) {
    super(`${broker}: ${message}`, options)
    this.broker = broker
    this.sent = options.sent ?? false
  }
}

/**
 * The peer ended a connection at our first words: it may want to be spoken to otherwise. For us alone to know; to users
 * it is a ConnectionError.
 */
export class HungUpError extends ConnectionError {}

/**
 * The runtime allows no further connection, and none of ours was let go of in time: that says nothing of the broker. For
 * us alone to know; to users it is a ConnectionError.
 */
export class NoConnectionLeftError extends ConnectionError {}

/** The peer refused our credentials, or the TLS handshake failed. Retrying alone does not help. */
export class AuthenticationError extends IsoKafkaError {
  static override readonly brand: string = 'isokafka.AuthenticationError'
}

/**
 * Bytes that are not what the protocol says: a broken frame, a bad length, a failed checksum, an answer of the wrong
 * shape.
 */
export class ProtocolError extends IsoKafkaError {
  static override readonly brand: string = 'isokafka.ProtocolError'
}

/** A deadline of ours passed. Whether the broker did the work is unknown. */
export class TimeoutError extends IsoKafkaError {
  static override readonly brand: string = 'isokafka.TimeoutError'
  override readonly temporary: boolean = true
  override readonly timeout: boolean = true
  /** Whether any byte of the request may have left: false means that the broker has not seen it. */
  readonly sent: boolean

  constructor(message: string, options: Sent = {}) {
    super(message, options)
    this.sent = options.sent ?? false
  }
}

/** The object was closed before or during the call. */
export class ClosedError extends IsoKafkaError {
  static override readonly brand: string = 'isokafka.ClosedError'
}

/** The settings or arguments given can't work; says which and why. */
export class ConfigError extends IsoKafkaError {
  static override readonly brand: string = 'isokafka.ConfigError'
}

/** Whether trying the same thing again may succeed. */
export function isTemporary(error: unknown): boolean {
  return error instanceof IsoKafkaError && error.temporary
}

/** What the text of any thrown value says. */
export function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error)
  } catch {
    // A value that makes no text of itself must not break what reports it.
    return kindOf(error)
  }
}

/** What a value is, for errors about what should be another. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  return typeof value === 'object' ? Object.prototype.toString.call(value) : `a ${typeof value}`
}
