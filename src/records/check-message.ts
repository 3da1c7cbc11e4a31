import { ConfigError } from '../base/errors.ts'
import { nearest } from '../base/settings.ts'
import type { MessageInput } from './message-input.ts'

/** What a message may have: the fields of MessageInput, and those that a message read elsewhere has besides. */
const fields = [
  'key',
  'value',
  'headers',
  'topic',
  'partition',
  'time',
  'timestamp',
  'writerData',
  'offset',
  'highWaterMark',
  'leaderEpoch',
]

/**
 * So many of a call's messages are looked at field by field, and the rest only if they have other fields set than the
 * one before.
 */
const checkedInFull = 32

/**
 * Refuses messages with fields that there are not: with `valeu` for `value` a message without a value would be written.
 * To go through the fields of each message would cost a sixth of the time that writing it takes, so of a long list not
 * all are looked at.
 */
export function checkFields(messages: readonly MessageInput[]): void {
  const count = messages.length
  for (let i = 0; i < count && i < checkedInFull; i++) checkField(messages[i]!)
  if (count <= checkedInFull) return
  let before = shapeOf(messages[checkedInFull - 1]!)
  for (let i = checkedInFull; i < count; i++) {
    const message = messages[i]!
    const shape = shapeOf(message)
    if (shape === before && (shape & 1) === 0) continue
    checkField(message)
    before = shape
  }
}

export function checkField(message: MessageInput): void {
  for (const name in message) {
    if (name !== 'value' && name !== 'key' && !fields.includes(name)) refuse(message, name)
  }
}

/** Which of the usual fields are set; odd without a value. */
function shapeOf({ key, value, headers, timestamp }: MessageInput): number {
  return (
    (value === undefined ? 1 : 0) +
    (key === undefined ? 2 : 0) +
    (headers === undefined ? 4 : 0) +
    (timestamp === undefined ? 8 : 0)
  )
}

function refuse(message: MessageInput, name: string): void {
  if (!Object.hasOwn(message, name) || (message as Record<string, unknown>)[name] === undefined) return
  const own = fields.slice(0, 8)
  const meant = nearest(name, Object.fromEntries(own.map(each => [each, 0])))
  const advice =
    meant === undefined ? `; it has ${own.join(', ')}, and writerData is for what is yours` : `; did you mean ${meant}?`
  throw new ConfigError(`${name} is no field of a message${advice}`)
}
