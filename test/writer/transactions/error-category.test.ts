import { expect, test } from 'vitest'
import {
  AuthenticationError,
  ClosedError,
  ConfigError,
  ConnectionError,
  ErrorCode,
  errorCategory,
  KafkaError,
  ProducerFencedError,
  ProtocolError,
  TimeoutError,
  TransactionAbortedError,
  UnknownOutcomeError,
  WriteErrors,
} from '../../../src/index.ts'

const leader = new KafkaError(ErrorCode.NotLeaderForPartition)
const divided = new KafkaError(ErrorCode.IllegalGeneration)
const denied = new KafkaError(ErrorCode.TopicAuthorizationFailed)
const tooLarge = new KafkaError(ErrorCode.MessageSizeTooLarge)
const fenced = new ProducerFencedError('over')
const aborted = (cause: unknown, temporary: boolean) => new TransactionAbortedError('aborted', { cause, temporary })

test.each([
  ['a connection that ended', new ConnectionError('b:9092', 'reset'), 'retriable'],
  ['a deadline', new TimeoutError('late'), 'retriable'],
  ['another leader', leader, 'refreshRetriable'],
  ['another writer with the id', fenced, 'applicationRecoverable'],
  ['a group divided anew', divided, 'applicationRecoverable'],
  ['a right that lacks', denied, 'invalidConfiguration'],
  ['a wrong setting', new ConfigError('wrong'), 'invalidConfiguration'],
  ['a wrong password', new AuthenticationError('wrong'), 'invalidConfiguration'],
  ['a transaction that may be done again', aborted(divided, true), 'abortable'],
  ['one that was aborted for good', aborted(denied, false), 'invalidConfiguration'],
  ['one that was aborted for what has no class', aborted(tooLarge, false), null],
  ['one that its user aborted', aborted('he wants it so', false), null],
  ['a commit in doubt', new UnknownOutcomeError('?', { cause: new TimeoutError('late') }), 'retriable'],
  [
    'a commit in doubt of a writer that is over',
    new UnknownOutcomeError('?', { cause: fenced }),
    'applicationRecoverable',
  ],
  ['writes, of which the gravest counts', new WriteErrors([null, leader, denied, divided]), 'invalidConfiguration'],
  ['writes, of which one has no class', new WriteErrors([leader, tooLarge]), null],
  ['what an old broker lacks', new ProtocolError('v9', { cause: new KafkaError(35) }), 'invalidConfiguration'],
  ['a writer that is closed', new ClosedError('closed'), null],
  ['what is no error of ours', new Error('bug'), null],
  ['what is no error', undefined, null],
])('%s', (_what, error, category) => {
  expect(errorCategory(error)).toBe(category)
})
