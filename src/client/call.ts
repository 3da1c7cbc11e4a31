import type { SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import type { Caller } from './caller.ts'

/** What every method takes after its request; more is refused. */
export type Options = [options?: CallOptions, ...extra: never[]]

/** How a method of the Client is carried out. */
export interface Call<Q extends object, R> {
  /** What its request may have. */
  readonly fields: SettingKinds<Q>
  run(caller: Caller, request: Q, options: CallOptions): Promise<R>
}

/** The calls behind a family of methods, each under the method's name. */
export type CallsOf<Methods> = {
  readonly [K in keyof Methods]: Methods[K] extends (...args: infer A) => Promise<infer R>
    ? Call<NonNullable<A[0]> & object, R>
    : never
}

/** A call of whatever request. */
export interface AnyCall {
  readonly fields: SettingKinds<object>
  run(caller: Caller, request: never, options: CallOptions): Promise<unknown>
}
