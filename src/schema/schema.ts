import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'

/** Reads and writes one type at one version. Made once for each (schema, version) and kept. */
export interface Codec<Out, In = Out> {
  /** Fewest bytes a value takes: bounds array lengths by the bytes that remain. */
  readonly minSize: number
  /** Reads a value; a ProtocolError for bytes that are none. */
  read(from: ByteReader): Out
  /** Writes a value; a ProtocolError for one that has no form. */
  write(to: ByteWriter, value: In): void
}

/** Inclusive; `Infinity` for "and later". */
export type VersionRange = readonly [first: number, last: number]

/** What a field's place in its struct adds to its type. */
export interface Traits {
  /**
   * The versions that have the field. Elsewhere it reads as its default, and another value is refused unless
   * `ignorable`.
   */
  readonly versions: VersionRange
  /** The versions in which it may be null; undefined: none. */
  readonly nullable: VersionRange | undefined
  /** The number of a tagged field (KIP-482). */
  readonly tag: number | undefined
  /** A value that the version can't carry is dropped in silence. */
  readonly ignorable: boolean
  /** With `ignorable`: dropped only when this other field of the struct is given; one of the two must get through. */
  readonly beside: string | undefined
  /** Whether `defaultValue` was stated, or is the type's own zero. */
  readonly hasDefault: boolean
  /** The value of an absent field. */
  readonly defaultValue: unknown
}

/** The shape of a type, for those who walk schemas (checks, generators, printers). */
export type Shape =
  | { readonly kind: ScalarName }
  | { readonly kind: 'array'; readonly element: AnySchema }
  | { readonly kind: 'struct'; readonly fields: Fields }

export type ScalarName =
  | 'boolean'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'bigInt64'
  | 'float64'
  | 'timestamp'
  | 'size64'
  | 'varint'
  | 'varlong'
  | 'uuid'
  | 'string'
  | 'bytes'
  | 'records'

/**
 * A type on the wire as data. `Out` is what reading gives, `In` what writing takes; `Optional` tells whether a struct's
 * user may leave the field out. Immutable: each combinator answers a new one.
 */
export interface Schema<Out, In = Out, Optional extends boolean = boolean> {
  /** What it is made of. */
  readonly shape: Shape
  /** What its place in a struct adds. */
  readonly traits: Traits
  /**
   * The codec of a non-null value. `flexible` chooses the compact forms (KIP-482). Null is the business of `codecOf`.
   */
  plain(version: number, flexible: boolean): Codec<Out, In>
  /** The codec that has a form for null, where the type has one. */
  orNull?(version: number, flexible: boolean): Codec<Out | null, In | null>
  /** Carries the type parameters; never there at run time. */
  readonly '~types'?: { out: Out; in: In; optional: Optional }
}

/** A schema of any type. */
// biome-ignore lint/suspicious/noExplicitAny: a schema of whatever type; `unknown` would not be assignable to both of its sides
export type AnySchema = Schema<any, any, boolean>
/** The fields of a struct, in their order on the wire. */
export type Fields = Readonly<Record<string, AnySchema>>

/** What reading a schema gives. */
export type Out<S> = S extends Schema<infer O, infer _I, infer _P> ? O : never
/** What writing a schema takes. */
export type In<S> = S extends Schema<infer _O, infer I, infer _P> ? I : never

type OptionalKeys<F> = {
  [K in keyof F]: F[K] extends Schema<infer _O, infer _I, infer P> ? (P extends true ? K : never) : never
}[keyof F]

export type OutOf<F extends Fields> = { -readonly [K in keyof F]: Out<F[K]> }
export type InOf<F extends Fields> = { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: In<F[K]> } & {
  readonly [K in OptionalKeys<F>]?: In<F[K]> | undefined
}

export const everyVersion: VersionRange = [0, Number.POSITIVE_INFINITY]

/** Of a type not yet placed in a struct. */
export const plainTraits = {
  versions: everyVersion,
  nullable: undefined,
  tag: undefined,
  ignorable: false,
  beside: undefined,
  hasDefault: false,
} as const

export function covers(range: VersionRange | undefined, version: number): boolean {
  return range !== undefined && version >= range[0] && version <= range[1]
}

/** Whether a struct's user may leave the field out: it has a stated default, or isn't in every version or message. */
export function isOptional({ traits }: AnySchema): boolean {
  return traits.hasDefault || traits.tag !== undefined || traits.versions !== everyVersion
}

/** The codec of a schema at a version, null included where the version allows it. */
export function codecOf<O, I>(schema: Schema<O, I>, version: number, flexible: boolean): Codec<O, I> {
  if (!covers(schema.traits.nullable, version)) return schema.plain(version, flexible)
  if (schema.orNull === undefined) throw new TypeError(`a ${schema.shape.kind} has no form for null`)
  return schema.orNull(version, flexible) as Codec<O, I>
}
