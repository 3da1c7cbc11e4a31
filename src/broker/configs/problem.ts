import { ErrorCode } from '../../protocol/errors.ts'

/** Why configs can't be told or changed. */
export interface ConfigProblem {
  readonly errorCode: number
  readonly errorMessage: string
}

export function invalidRequest(errorMessage: string): ConfigProblem {
  return { errorCode: ErrorCode.InvalidRequest, errorMessage }
}

export function invalidConfig(errorMessage: string): ConfigProblem {
  return { errorCode: ErrorCode.InvalidConfiguration, errorMessage }
}

export const duplicateKeys: ConfigProblem = invalidRequest('Error due to duplicate config keys')

export const duplicateResource: ConfigProblem = invalidRequest('Each resource must appear at most once.')
