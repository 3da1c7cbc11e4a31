import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { IsoKafkaError } from '../../src/base/errors.ts'
import { ErrorCode, errorFor, KafkaError } from '../../src/protocol/errors.ts'
import { errorCategory } from '../../src/writer/transactions/error-category.ts'

test('a code with its name in words and its meaning', () => {
  const error = new KafkaError(ErrorCode.NotLeaderForPartition)
  expect(error).toMatchObject({
    name: 'KafkaError',
    code: 6,
    title: 'Not Leader For Partition',
    temporary: true,
    timeout: false,
  })
  expect(error.message).toBe(`[6] Not Leader For Partition: ${error.description}`)
  expect(error).toBeInstanceOf(IsoKafkaError)
})

test('what the broker said comes last', () => {
  expect(new KafkaError(ErrorCode.PolicyViolation, 'no more than 3 partitions').message).toMatch(
    /: no more than 3 partitions$/,
  )
  expect(new KafkaError(ErrorCode.PolicyViolation, '').message).not.toMatch(/: $/)
})

test.each([
  [ErrorCode.UnsupportedSASLMechanism, 'Unsupported SASL Mechanism'],
  [ErrorCode.TransactionalIDNotFound, 'Transactional ID Not Found'],
  [ErrorCode.UnknownTopicID, 'Unknown Topic ID'],
  [ErrorCode.BrokerAuthorizationFailed, 'Broker Authorization Failed'],
  [ErrorCode.Unknown, 'Unknown'],
])('title of %i: %s', (code, title) => {
  expect(new KafkaError(code).title).toBe(title)
})

test('only RequestTimedOut is a timeout', () => {
  const timeouts = Object.values(ErrorCode).filter(code => new KafkaError(code).timeout)
  expect(timeouts).toEqual([7])
})

test.each([
  [-1, 'the broker met an error it has no code for'],
  [1, 'the partition has no such offset: it was deleted, or is not written yet'],
  [136, 'no controller has registered this id'],
  [0, 'a code this package does not know'],
  [137, 'a code this package does not know'],
])('description of %i: %s', (code, description) => {
  expect(new KafkaError(code).description).toBe(description)
})

test('0 is no error, and a code from the future is one', () => {
  expect(errorFor(0)).toBeNull()
  expect(errorFor(9999)).toMatchObject({ code: 9999, title: 'Unknown Error Code', temporary: false })
})

test('each code is in the class of KIP-1050 that Kafka’s own client has it in', () => {
  // Made by vectors/ErrorClasses.java.
  const lines = readFileSync(new URL('vectors/error-classes.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n')
  const told = lines.map(line => JSON.parse(line) as { code: number; category: string | null })
  expect(told.length).toBe(new Set(Object.values(ErrorCode)).size)
  expect(told.map(({ code }) => ({ code, category: errorCategory(new KafkaError(code)) }))).toEqual(
    told.map(({ code, category }) => ({ code, category })),
  )
  for (const { code, category } of told)
    expect(new KafkaError(code).temporary).toBe(category === 'retriable' || category === 'refreshRetriable')
})

test('a code from the future is in none', () => {
  expect(errorCategory(new KafkaError(9999))).toBeNull()
})
