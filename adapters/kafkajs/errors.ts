export * from './errors/admin.ts'
export * from './errors/connecting.ts'
export * from './errors/consuming.ts'
export {
  KafkaJSError,
  type KafkaJSErrorMetadata,
  KafkaJSNonRetriableError,
  KafkaJSProtocolError,
} from './errors/error.ts'
export * from './errors/others.ts'
