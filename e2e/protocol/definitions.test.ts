import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { AnyApi } from '../../src/protocol/api.ts'
import { ConsumerProtocolAssignment, ConsumerProtocolSubscription } from '../../src/protocol/consumer-protocol.ts'
import { ControlRecordType, EndTxnMarker } from '../../src/protocol/control-records.ts'
import { ErrorCode, isRetriable, KafkaError } from '../../src/protocol/errors.ts'
import { apis } from '../../src/protocol/registry.ts'
import { covers, type Fields } from '../../src/schema/schema.ts'
import { unless } from '../../test/support/left-out.ts'
import { kafkaJars, whatIsMissing } from '../kafka/install.ts'
import {
  type Definition,
  definitionsOf,
  type FieldMarks,
  marksOfDefinition,
  marksOfFields,
  rangeOf,
  versionsOf,
  viewOfDefinition,
  viewOfFields,
} from './definitions.ts'

// The newest release first: what it says of a field's marks counts. The older one has the versions the newer dropped.
const releases = ['4.4.0', '3.9.2'] as const

const missing = whatIsMissing(...releases)

describe("Kafka's own definitions", unless(missing), () => {
  let definitions: Record<(typeof releases)[number], ReadonlyMap<string, Definition>>
  const everywhere = (name: string): Definition[] => releases.flatMap(release => definitions[release].get(name) ?? [])

  beforeAll(async () => {
    const [newer, older] = await Promise.all(releases.map(definitionsOf))
    definitions = { '4.4.0': newer!, '3.9.2': older! }
  }, 300_000)

  /** Request and response definitions of a key: of each release that has it. */
  function ofKey(key: number, type: 'request' | 'response'): Definition[] {
    return releases.flatMap(release => {
      const found = [...definitions[release].values()].find(
        definition => definition.apiKey === key && definition.type === type,
      )
      return found === undefined || versionsOf(found).length === 0 ? [] : [found]
    })
  }

  test('every API that brokers listen for is there, at every version', ({ annotate }) => {
    const keys = new Set<number>()
    for (const release of releases) {
      for (const { type, apiKey, listeners = [], validVersions } of definitions[release].values()) {
        if (type === 'request' && validVersions !== 'none' && listeners.includes('broker')) keys.add(apiKey)
      }
    }
    expect(apis.map(({ key }) => key)).toEqual([...keys].sort((a, b) => a - b))
    let pairs = 0
    for (const api of apis) {
      const versions = new Set(ofKey(api.key, 'request').flatMap(versionsOf))
      expect(versionsOfApi(api), api.name).toEqual([...versions].sort((a, b) => a - b))
      expect(new Set(ofKey(api.key, 'response').flatMap(versionsOf)), api.name).toEqual(versions)
      pairs += versions.size
    }
    const summary = `${apis.length} keys, ${pairs} (key, version) pairs agree with Kafka ${releases.join(' and ')}`
    console.log(summary)
    return annotate(summary)
  })

  test('every field has its place, name, type, versions, nullability and tag', () => {
    for (const api of apis) {
      for (const [type, schema] of [['request', api.request] as const, ['response', api.response] as const]) {
        const all = ofKey(api.key, type)
        expect(all[0]!.name.toLowerCase()).toBe(`${api.name}${type}`.toLowerCase())
        for (const definition of all) compareAtEveryVersion(definition, all[0]!, fieldsOf(schema), api.flexibleSince)
      }
    }
  })

  test('every field has its default and its ignorable mark, and there is none besides', () => {
    for (const api of apis) {
      for (const [type, schema] of [['request', api.request] as const, ['response', api.response] as const]) {
        const pairs = new Map<string, string>()
        const ours = marksOfFields(fieldsOf(schema), pairs)
        const theirs = new Map<string, FieldMarks>()
        for (const definition of ofKey(api.key, type)) {
          for (const [path, marks] of marksOfDefinition(definition)) {
            if (!theirs.has(path)) theirs.set(path, marks)
          }
        }
        // Two fields that say the same in different versions may both be given here, which Kafka's own code has no need
        // of.
        for (const [path, other] of pairs) {
          expect(ours.has(other), path).toBe(true)
          theirs.get(path)!.ignorable = true
        }
        expect(ours, `${api.name} ${type}`).toEqual(theirs)
      }
    }
  })

  test('of two fields that say the same, each version has exactly one', () => {
    for (const api of apis) {
      for (const schema of [api.request, api.response]) {
        const pairs = new Map<string, string>()
        marksOfFields(fieldsOf(schema), pairs)
        for (const [path, other] of pairs) {
          const versions = [path, other].map(name => versionsAt(fieldsOf(schema), name))
          for (const version of versionsOfApi(api)) {
            expect(versions.filter(range => covers(range, version)).length, `${api.name} v${version} ${path}`).toBe(1)
          }
        }
      }
    }
  })

  test('what consumers and transactions embed', () => {
    const embedded = {
      ConsumerProtocolSubscription,
      ConsumerProtocolAssignment,
      EndTxnMarker,
      ControlRecordTypeSchema: ControlRecordType,
    }
    for (const [name, ours] of Object.entries(embedded)) {
      for (const definition of everywhere(name)) {
        expect(versionsOf(definition).at(-1)).toBe(ours.maxVersion)
        expect(definition.flexibleVersions).toBe('none')
        const fields = fieldsOf(ours.schema)
        for (const version of versionsOf(definition))
          expect(viewOfFields(fields, version)).toEqual(viewOfDefinition(definition, version))
        expect(marksOfFields(fields, new Map())).toEqual(marksOfDefinition(definition))
      }
    }
  })

  test('every error code, and which are retriable', { timeout: 60_000 }, async () => {
    // Kafka prints its table of errors as HTML when its class is run.
    const libs = await kafkaJars(releases[0])
    const html = execFileSync('java', ['-cp', join(libs, '*'), 'org.apache.kafka.common.protocol.Errors'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const rows = [...html.matchAll(/<td>([A-Z0-9_]+)<\/td>\s*<td>(-?\d+)<\/td>\s*<td>(True|False)<\/td>/g)]
    expect(rows.length).toBeGreaterThan(130)
    const codes = rows.map(([, , code]) => Number(code)).filter(code => code !== 0)
    expect(new Set(Object.values(ErrorCode))).toEqual(new Set(codes))
    for (const [, , code, retriable] of rows) {
      if (code === '0') continue
      expect(isRetriable(Number(code)), code).toBe(retriable === 'True')
      expect(new KafkaError(Number(code)).description, code).not.toContain('this package')
    }
  })

  /** The older release's preview of something the newer one defines anew doesn't count. */
  function compareAtEveryVersion(
    definition: Definition,
    newest: Definition,
    fields: Fields,
    flexibleSince: number,
  ): void {
    for (const version of versionsOf(definition)) {
      const overruled =
        definition !== newest && definition.latestVersionUnstable && versionsOf(newest).includes(version)
      if (overruled) continue
      const where = `${definition.name} v${version}`
      expect(viewOfFields(fields, version), where).toEqual(viewOfDefinition(definition, version))
      expect(version >= flexibleSince, where).toBe(covers(rangeOf(definition.flexibleVersions), version))
    }
  }
})

function versionsOfApi({ minVersion, maxVersion }: AnyApi): number[] {
  return Array.from({ length: maxVersion - minVersion + 1 }, (_, at) => minVersion + at)
}

function fieldsOf({ shape }: AnyApi['request']): Fields {
  if (shape.kind !== 'struct') throw new Error('a message is a struct')
  return shape.fields
}

function versionsAt(fields: Fields, path: string): readonly [number, number] {
  const [name, ...rest] = path.split('.')
  const { shape, traits } = fields[name!]!
  if (rest.length === 0) return traits.versions
  const element = shape.kind === 'array' ? shape.element.shape : shape
  if (element.kind !== 'struct') throw new Error(`${path} is no struct`)
  return versionsAt(element.fields, rest.join('.'))
}
