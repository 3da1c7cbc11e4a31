import { refuseMore } from '../base/call-options.ts'
import { given, type SettingKinds } from '../base/settings.ts'

/** How a member of a group is closed. */
export interface CloseOptions {
  /**
   * Whether it leaves its group at once, so that others get its partitions (true), or keeps its place until its session
   * ends, so that it has them again if it is back by then (false; KIP-1092). Default: a static member stays, any other
   * leaves.
   */
  leave?: boolean
}

const closeSettings: SettingKinds<CloseOptions> = { leave: 'boolean' }

/** What `close` was told; a ConfigError for anything else. */
export function leaveOf(options: CloseOptions, extra: readonly unknown[]): boolean | undefined {
  refuseMore('close', extra)
  return given('close', options, closeSettings, '{ leave }').leave
}
