import { errorFor, type KafkaError } from '../protocol/errors.ts'

/**
 * The error of a response's code, naming the topic, group or the like that it is about; null for 0, which is success.
 */
export function errorAbout(what: string, code: number, detail?: string | null): KafkaError | null {
  return errorFor(code, detail ? `${what}: ${detail}` : what)
}
