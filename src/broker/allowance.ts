import { ProtocolError } from '../base/errors.ts'

/** How many elements an answer may have, where a request can ask for the same again and again. */
export class AnswerRoom {
  #left: number

  constructor(most: number) {
    this.#left = most
  }

  /** A ProtocolError when there are more than there may be. */
  take(elements: number): void {
    this.#left -= elements
    if (this.#left < 0) throw new ProtocolError('a request whose answer would be too large')
  }
}

/** So much of something, shared by many. */
export class Allowance {
  readonly #most: number
  #taken = 0

  constructor(most: number) {
    this.#most = most
  }

  /** Takes so much, if there is as much left. */
  take(amount: number): boolean {
    if (this.#taken + amount > this.#most) return false
    this.#taken += amount
    return true
  }

  giveBack(amount: number): void {
    this.#taken -= amount
  }
}
