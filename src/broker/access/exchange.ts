/** Who a client turned out to be. */
export interface Identity {
  readonly principal: string
  /** When what it logged in by ends, in milliseconds since 1970. */
  readonly expiresAt?: number
  /** Whether it logged in by a delegation token: such a one makes no others. */
  readonly byToken?: boolean
}

/**
 * What becomes of a client's message: the exchange goes on, it ends well, or the client was refused. What is said of a
 * refusal is told to it.
 */
export type Step =
  | { readonly answer: Uint8Array }
  | { readonly answer: Uint8Array; readonly identity: Identity }
  | { readonly refused: string }

/** A login by one mechanism, as a broker has it. */
export interface Exchange {
  readonly mechanism: string
  next(message: Uint8Array): Step | Promise<Step>
}
