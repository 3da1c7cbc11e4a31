import { describe, expect, expectTypeOf, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import {
  array,
  bigInt64,
  boolean,
  bytes,
  compact,
  float64,
  type In,
  int8,
  int16,
  int32,
  int64,
  marshal,
  nullable,
  type Out,
  type Schema,
  since,
  size64,
  string,
  struct,
  tagged,
  timestamp,
  uint16,
  uint32,
  unmarshal,
  until,
  uuid,
  Version,
  varint,
  varlong,
  withDefault,
} from '../../src/schema/index.ts'

const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex')
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

describe('marshal and unmarshal', () => {
  const person = struct({
    id: int32,
    name: string,
    nick: withDefault(nullable(compact(string)), null),
    scores: array(int16),
  })

  test('a type of one form, exact bytes', () => {
    const bytes = marshal(person, { id: 1, name: 'Ada', scores: [1, -1] })
    expect(hex(bytes)).toBe('00000001 0003416461 00 00000002 0001 ffff'.replaceAll(' ', ''))
    expect(unmarshal(person, bytes)).toEqual({ id: 1, name: 'Ada', nick: null, scores: [1, -1] })
  })

  test('types follow the schema', () => {
    expectTypeOf<Out<typeof person>>().toEqualTypeOf<{
      id: number
      name: string
      nick: string | null
      scores: number[]
    }>()
    expectTypeOf<{ id: number; name: string; scores: number[] }>().toExtend<In<typeof person>>()
    expectTypeOf<{ id: number; name: string }>().not.toExtend<In<typeof person>>()
  })

  test('scalars stand alone too', () => {
    expect(hex(marshal(varint, -64))).toBe('7f')
    expect(hex(marshal(varint, 12345))).toBe('f2c001')
    expect(unmarshal(varint, unhex('f2c001'))).toBe(12345)
    expect(marshal(nullable(string), null)).toEqual(unhex('ffff'))
  })

  test('the result owns its memory', () => {
    const one = marshal(int8, 1)
    expect(one.buffer.byteLength).toBe(1)
    const frame = unhex('00000001 05')
    const value = unmarshal(bytes, frame)
    frame.fill(0)
    expect(value).toEqual(new Uint8Array([5]))
  })

  test.each([
    ['cut short', '00000001 00'],
    ['too long', '00000001 0001 61 00 00000000 ff'],
    ['null where it may not be', '00000001 ffff 00 00000000'],
    ['an array longer than the rest', '00000001 0000 00 40000000'],
  ])('%s: a ProtocolError', (_name, text) => {
    expect(() => unmarshal(person, unhex(text))).toThrow(ProtocolError)
  })
})

describe('Version', () => {
  const order = struct({
    id: int8,
    code: until(1, string, ''),
    quantity: since(1, int16),
    note: tagged(0, since(2, string)),
  })

  test('only the fields of that version', () => {
    expect(hex(new Version(0).marshal(order, { id: 1, code: 'x' }))).toBe('01000178')
    expect(hex(new Version(1).marshal(order, { id: 1, code: 'x', quantity: 2 }))).toBe('010001780002')
    expect(new Version(1).unmarshal(order, unhex('01 0001 78 0002'))).toEqual({
      id: 1,
      code: 'x',
      quantity: 2,
      note: '',
    })
    expect(() => new Version(0).marshal(order, { id: 1, quantity: 2 })).toThrow('quantity cannot be sent in version 0')
  })

  test('flexible from a version on: compact forms, tagged fields, unknown tags passed over', () => {
    const version = new Version(2, { flexible: 2 })
    expect(hex(version.marshal(order, { id: 1, quantity: 2, note: 'hi' }))).toBe(
      '01 0002 01 00 03 036869'.replaceAll(' ', ''),
    )
    expect(version.unmarshal(order, unhex('01 0002 02 00 03 036869 09 01 ff'))).toEqual({
      id: 1,
      code: '',
      quantity: 2,
      note: 'hi',
    })
    expect(hex(new Version(1, { flexible: 2 }).marshal(order, { id: 1, code: 'x' }))).toBe('010001780000')
  })

  test('must be a whole number from 0', () => {
    expect(() => new Version(-1)).toThrow(RangeError)
    expect(() => new Version(1.5)).toThrow(RangeError)
  })
})

test('values of another type are ProtocolErrors: none is turned into something else, none fails on its way', () => {
  const text = { toString: () => '1' }
  const wrong: [schema: Schema<never>, values: unknown[]][] = [
    [boolean as never, ['false', 1, null, undefined]],
    ...[int8, int16, uint16, int32, uint32, int64, varint, varlong].map((type): [Schema<never>, unknown[]] => [
      type as never,
      ['1', 1n, Symbol('1'), text, Object.create(null), 1.5, Number.NaN, true, null],
    ]),
    [timestamp as never, ['yesterday', '1', null, new Date(), 1n, Symbol('1')]],
    [size64 as never, ['much', null, 1n]],
    [float64 as never, ['1', undefined, null, 1n]],
    [bigInt64 as never, [1, '1', null, undefined, 2n ** 63n]],
    [string as never, [1, text, Symbol('1'), Object.create(null)]],
    [bytes as never, [[1], 'ab', new Uint16Array(1), Object.create(null)]],
    [uuid as never, [1n, Symbol('1'), Object.create(null), 'x'.repeat(1e6)]],
    [array(int8) as never, ['ab', { length: 1 }, Object.create(null)]],
    [nullable(array(int8)) as never, ['ab', undefined]],
    [struct({ a: int8 }) as never, [null, undefined, 1, 'a']],
  ]
  for (const [schema, values] of wrong) {
    for (const value of values) {
      const marshalling = (): Uint8Array => marshal(schema, value as never)
      expect(marshalling).toThrow(ProtocolError)
      expect(marshalling).toThrow(/^.{0,200}$/)
    }
  }
  for (const value of [null, undefined, 'ab', [1], 5])
    expect(() => unmarshal(int8, value as never)).toThrow(ProtocolError)
})
