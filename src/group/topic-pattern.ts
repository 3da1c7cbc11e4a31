import { ConfigError, messageOf } from '../base/errors.ts'
import { shown } from '../base/settings.ts'

/** Flags that change nothing about names, or can be said in a pattern's text. */
const usable = /^[imsuv]*$/

/** Topics by name: all whose whole name matches, as in Kafka. Its own topics (`__consumer_offsets` …) never do. */
export class TopicPattern {
  /** In the syntax of RE2, for brokers. */
  readonly text: string
  readonly #expression: RegExp | undefined

  /** `atBroker`: a text that the broker alone is to understand. A ConfigError for what is no pattern. */
  constructor(given: RegExp | string, { atBroker }: { atBroker: boolean }) {
    if (given instanceof RegExp) {
      const { source, flags } = given
      if (!usable.test(flags)) throw new ConfigError(`topicPattern has the flags ${flags}: of those only i is of use`)
      this.text = flags.includes('i') ? `(?i)${source}` : source
      this.#expression = new RegExp(`^(?:${source})$`, flags)
      return
    }
    if (typeof given !== 'string' || given === '')
      throw new ConfigError(`topicPattern must be a RegExp, or its text, not ${shown(given)}`)
    this.text = given
    const source = given.replace(/^\(\?i\)/, '')
    try {
      this.#expression = new RegExp(`^(?:${source})$`, source === given ? 'u' : 'iu')
    } catch (error) {
      // RE2 has what JavaScript has not.
      if (!atBroker)
        throw new ConfigError(
          `topicPattern ${given} can't be read here, only by brokers (protocol 'consumer'): ${messageOf(error)}`,
        )
    }
  }

  matches(name: string): boolean {
    return this.#expression?.test(name) ?? false
  }
}
