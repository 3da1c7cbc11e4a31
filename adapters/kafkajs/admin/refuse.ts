import { KafkaJSNonRetriableError } from '../errors.ts'

/** Ends a call whose arguments can't be meant. */
export function refuse(message: string): never {
  throw new KafkaJSNonRetriableError(message)
}

/** Refuses a topic named twice; `array` is what the list is called. */
export function refuseDoubles(array: string, items: readonly { readonly topic: string }[]): void {
  if (items.some(({ topic }) => typeof topic !== 'string'))
    refuse(`Invalid ${array}, the topic names have to be a valid string`)
  if (new Set(items.map(({ topic }) => topic)).size < items.length)
    refuse(`Invalid ${array}, it cannot have multiple entries for the same topic`)
}
