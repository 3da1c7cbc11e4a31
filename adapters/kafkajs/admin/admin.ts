import type { Context } from '../context.ts'
import { KafkaJSNotImplemented } from '../errors.ts'
import type { Admin, AdminConfig } from '../types/admin.ts'

export function createAdmin(_context: Context, _config: AdminConfig): Admin {
  throw new KafkaJSNotImplemented('no admin yet')
}
