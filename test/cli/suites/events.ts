import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Ended } from '../console.ts'
import type { CliStage } from '../stage.ts'

export interface Event {
  readonly timestamp: number
  readonly name: string
  readonly [field: string]: unknown
}

/** Each line as Kafka's system tests read it. */
export function eventsOf(output: string): Event[] {
  return output
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
}

export const namesOf = (output: string): string[] => eventsOf(output).map(({ name }) => name)

/** Consecutive ones of a name are one. */
export const courseOf = (output: string): string[] => namesOf(output).filter((name, at, all) => name !== all[at - 1])

/** Where the cluster is, as Kafka's tools are told. */
export const placeOf = ({ addr }: CliStage): string[] => ['--bootstrap-server', addr]

export function produceNumbers(stage: CliStage, topic: string, ...args: string[]): Promise<Ended> {
  return stage.at(['verifiable-producer', ...placeOf(stage), '--topic', topic, ...args], {
    environment: { KAFKA_BROKERS: '' },
  })
}

/** A file of settings as Java has them, for the test that runs; its path. */
export async function properties(lines: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'isokafka-properties-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'client.properties')
  await writeFile(path, lines.map(line => `${line}\n`).join(''))
  return path
}
