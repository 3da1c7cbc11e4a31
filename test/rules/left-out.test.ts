import { expect, test } from 'vitest'
import { add, installable, leaveOut, nothing, type Outcome, report } from './left-out.mjs'

const noJava = { why: 'a real Kafka needs Java', command: 'apt-get install -y openjdk-17-jre-headless' }
const long = { why: 'takes long', command: 'npm run test:full' }
const elsewhere = { why: 'needs native-zstd', command: null }

function outcome(...lacks: readonly { why: string; command: string | null }[]): Outcome {
  const made = { ...nothing(), passed: 3, skipped: lacks.length }
  for (const lack of lacks) leaveOut(made, lack, 1)
  return made
}

test('a run that left nothing out ends with one line', () => {
  expect(report(outcome())).toBe('3 passed, 0 failed, 0 skipped')
})

test('what was left out is counted by reason, with the command that brings it', () => {
  const lines = report(outcome(elsewhere, elsewhere, elsewhere, long, noJava, noJava)).split('\n')
  expect(lines.map(line => line.trim().replace(/ {2,}/g, ' | '))).toEqual([
    '',
    'tests | left out, because | brought by',
    '2 | a real Kafka needs Java | apt-get install -y openjdk-17-jre-headless',
    '1 | takes long | npm run test:full',
    '3 | needs native-zstd | – (these run elsewhere)',
    '',
    '3 passed, 0 failed, 6 skipped',
  ])
})

test('parts of a run add up', () => {
  const total = nothing()
  add(total, outcome(long, noJava))
  add(total, outcome(long))
  expect(total).toEqual({
    passed: 6,
    failed: 0,
    skipped: 3,
    leftOut: [
      { ...long, tests: 2 },
      { ...noJava, tests: 1 },
    ],
  })
})

test('CI may lack nothing that can be installed', () => {
  const peers = { why: 'kafkajs is not installed', command: 'npm ci --prefix bench' }
  expect(installable(outcome(noJava, long, elsewhere, peers)).map(({ why }) => why)).toEqual([noJava.why, peers.why])
})
