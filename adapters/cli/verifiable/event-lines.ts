import type { CommandContext } from '../command.ts'

/** Events as lines of JSON on standard output, in the order they are told. */
export class EventLines {
  readonly #context: Pick<CommandContext, 'write'>
  #text = ''
  #writing: Promise<void> | undefined
  #isRead = true

  constructor(context: Pick<CommandContext, 'write'>) {
    this.#context = context
  }

  tell(name: string, details: Readonly<Record<string, unknown>> = {}): void {
    this.#text += `${JSON.stringify({ timestamp: Date.now(), name, ...details })}\n`
    this.#writing ??= this.#write()
  }

  /** Waits until all is written; whether anybody reads it. */
  async written(): Promise<boolean> {
    await this.#writing
    return this.#isRead
  }

  async #write(): Promise<void> {
    // What is told in one turn goes out together.
    await Promise.resolve()
    while (this.#text !== '' && this.#isRead) {
      const text = this.#text
      this.#text = ''
      this.#isRead = await this.#context.write(text)
    }
    this.#writing = undefined
  }
}
