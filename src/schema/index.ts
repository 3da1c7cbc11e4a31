// Kafka's binary types as data, for users' own formats: public as isokafka/schema.
export {
  array,
  between,
  compact,
  ignorable,
  nullable,
  since,
  struct,
  tagged,
  until,
  withDefault,
} from './combinators.ts'
export { marshal, unmarshal, Version } from './marshal.ts'
export {
  bigInt64,
  boolean,
  bytes,
  float64,
  int8,
  int16,
  int32,
  int64,
  records,
  size64,
  string,
  timestamp,
  uint16,
  uint32,
  uuid,
  varint,
  varlong,
} from './scalars.ts'
export type { AnySchema, Codec, Fields, In, Out, Schema, Shape, Traits, VersionRange } from './schema.ts'
