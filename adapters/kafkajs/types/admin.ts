import type { RetryOptions } from './common.ts'

export interface AdminConfig {
  /** Laid over the Kafka's. */
  retry?: RetryOptions
}

// A stand-in until the admin's own file is here.
// biome-ignore lint/suspicious/noExplicitAny: a stand-in.
export type Admin = any
