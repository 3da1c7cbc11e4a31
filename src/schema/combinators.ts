import { arrayCodec, nullableArrayCodec } from './array.ts'
import { type Codec, type Fields, type InOf, type OutOf, plainTraits, type Schema, type Traits } from './schema.ts'
import { nullableStructCodec, structCodec } from './struct.ts'

/** A row of named fields, in the order of the wire. */
export function struct<F extends Fields>(fields: F): Schema<OutOf<F>, InOf<F>, false> {
  // Codecs are made when first asked for, and kept by version and form.
  const made: Codec<OutOf<F>, InOf<F>>[] = []
  const plain = (version: number, flexible: boolean): Codec<OutOf<F>, InOf<F>> => {
    const key = version * 2 + Number(flexible)
    made[key] ??= structCodec<F>(fields, version, flexible)
    return made[key]
  }
  return {
    shape: { kind: 'struct', fields },
    traits: { ...plainTraits, defaultValue: undefined },
    plain,
    orNull: (version, flexible) => nullableStructCodec(plain(version, flexible)),
  }
}

/** A list. Given fields, a list of structs. */
export function array<O, I, P extends boolean>(element: Schema<O, I, P>): Schema<O[], readonly I[], false>
export function array<F extends Fields>(element: F): Schema<OutOf<F>[], readonly InOf<F>[], false>
export function array(element: Schema<unknown> | Fields): Schema<unknown[], readonly unknown[], false> {
  const inner = isSchema(element) ? element : struct(element)
  return {
    shape: { kind: 'array', element: inner },
    traits: { ...plainTraits, defaultValue: [] },
    plain: (version, flexible) => arrayCodec(inner, version, flexible),
    orNull: (version, flexible) => nullableArrayCodec(inner, version, flexible),
  }
}

/** A field or element that may be null, in versions `since`..`until`. */
export function nullable<O, I, P extends boolean>(
  type: Schema<O, I, P>,
  { since = 0, until = Number.POSITIVE_INFINITY }: { since?: number; until?: number } = {},
): Schema<O | null, I | null, P> {
  return withTraits(type, { nullable: [since, until] }) as Schema<O | null, I | null, P>
}

/**
 * A type in its compact form (KIP-482), whatever the version it is part of: lengths are varints, and structs end in
 * tagged fields.
 */
export function compact<O, I, P extends boolean>(type: Schema<O, I, P>): Schema<O, I, P> {
  const { orNull } = type
  return {
    ...type,
    plain: version => type.plain(version, true),
    ...(orNull === undefined ? {} : { orNull: version => orNull(version, true) }),
  }
}

/** A field that is not to be null, and is read as its default where a broker says null all the same. */
export function nullAsDefault<O, I, P extends boolean>(type: Schema<O, I, P>): Schema<O, I, P> {
  const { orNull, traits } = type
  return {
    ...type,
    plain(version, flexible) {
      const nullable = orNull!(version, flexible)
      return { ...type.plain(version, flexible), read: from => nullable.read(from) ?? (traits.defaultValue as O) }
    },
  }
}

/** A field of version `first` and later. */
export function since<O, I>(first: number, type: Schema<O, I>, ...defaultValue: [value?: O]): Schema<O, I, true> {
  return between(first, Number.POSITIVE_INFINITY, type, ...defaultValue)
}

/** A field of version `last` and earlier. */
export function until<O, I>(last: number, type: Schema<O, I>, ...defaultValue: [value?: O]): Schema<O, I, true> {
  return between(0, last, type, ...defaultValue)
}

/** A field of versions `first`..`last`. */
export function between<O, I>(
  first: number,
  last: number,
  type: Schema<O, I>,
  ...defaultValue: [value?: O]
): Schema<O, I, true> {
  const gated = withTraits(type, { versions: [first, last] })
  return (defaultValue.length === 0 ? gated : withDefault(gated, defaultValue[0] as O)) as Schema<O, I, true>
}

/** A field that need not be given, and what it then is. */
export function withDefault<O, I>(type: Schema<O, I>, defaultValue: O): Schema<O, I, true> {
  return withTraits(type, { hasDefault: true, defaultValue }) as Schema<O, I, true>
}

/**
 * A field whose value is dropped in silence when the version has no place for it. `beside` names another field that
 * says the same in other versions (a topic's name and its id): then it is dropped only if that one is given, and both
 * may be.
 */
export function ignorable<O, I, P extends boolean>(
  type: Schema<O, I, P>,
  { beside }: { beside?: string } = {},
): Schema<O, I, P> {
  return withTraits(type, { ignorable: true, beside })
}

/**
 * A tagged field of flexible versions (KIP-482): left out when it has its default. Its versions are those `since` gives
 * it.
 */
export function tagged<O, I>(tag: number, type: Schema<O, I>): Schema<O, I, true> {
  return withTraits(type, { tag }) as Schema<O, I, true>
}

function withTraits<O, I, P extends boolean>(type: Schema<O, I, P>, change: Partial<Traits>): Schema<O, I, P> {
  return { ...type, traits: { ...type.traits, ...change } }
}

function isSchema(value: Schema<unknown> | Fields): value is Schema<unknown> {
  return typeof (value as Schema<unknown>).plain === 'function'
}
