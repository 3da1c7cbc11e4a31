import { oneOf, type SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { AlterUserScramCredentials } from '../protocol/alter-user-scram-credentials.ts'
import { DescribeUserScramCredentials } from '../protocol/describe-user-scram-credentials.ts'
import type { KafkaError } from '../protocol/errors.ts'
import type { CallsOf, Options } from './call.ts'
import type { Addressed, Caller } from './caller.ts'
import { type OrName, ScramMechanism } from './constants.ts'
import { errorAbout } from './error-about.ts'
import { itemsOf } from './nested.ts'

/** Users that log in by SCRAM (KIP-554). */
export interface ScramUserCalls {
  /** Sets and deletes users' credentials. */
  alterUserScramCredentials(
    request: AlterUserScramCredentialsRequest,
    ...options: Options
  ): Promise<AlterUserScramCredentialsResponse>
  /** Which credentials users have; the secrets themselves are never told. */
  describeUserScramCredentials(
    request?: DescribeUserScramCredentialsRequest,
    ...options: Options
  ): Promise<DescribeUserScramCredentialsResponse>
}

type Mechanism = OrName<typeof ScramMechanism> | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

/** What `alterUserScramCredentials` of a Client is asked. */
export interface AlterUserScramCredentialsRequest extends Addressed {
  /** Credentials to delete. Default: none. */
  deletions?: readonly UserScramCredentialsDeletion[]
  /** Credentials to set. Default: none. */
  upsertions?: readonly UserScramCredentialsUpsertion[]
}

/** Credentials of a user to delete. */
export interface UserScramCredentialsDeletion {
  /** The user's name. */
  name: string
  /** Which of its credentials. */
  mechanism: Mechanism
}

const deletionFields: SettingKinds<UserScramCredentialsDeletion> = { name: 'string!', mechanism: 'any!' }

/** Credentials of a user to set. */
export interface UserScramCredentialsUpsertion {
  /** The user's name. */
  name: string
  /** The hash that they are for. */
  mechanism: Mechanism
  /** From 4,096 on. */
  iterations: number
  /** Random bytes, of one's own making. */
  salt: Uint8Array
  /** PBKDF2 of the password, with the mechanism's hash: the broker never sees the password itself. */
  saltedPassword: Uint8Array
}

const upsertionFields: SettingKinds<UserScramCredentialsUpsertion> = {
  name: 'string!',
  mechanism: 'any!',
  iterations: 'number!',
  salt: 'object!',
  saltedPassword: 'object!',
}

/** What `alterUserScramCredentials` of a Client answers. */
export interface AlterUserScramCredentialsResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What came of each user. */
  results: AlterUserScramCredentialsResponseUser[]
}

/** What came of one user. */
export interface AlterUserScramCredentialsResponseUser {
  /** The user's name. */
  user: string
  /** What went wrong; null for nothing. */
  error: KafkaError | null
}

/** What `describeUserScramCredentials` of a Client is asked. */
export interface DescribeUserScramCredentialsRequest extends Addressed {
  /** Default, and none: all. */
  users?: readonly UserScramCredentialsUser[]
}

/** A user to tell of. */
export interface UserScramCredentialsUser {
  /** The user's name. */
  name: string
}

const userFields: SettingKinds<UserScramCredentialsUser> = { name: 'string!' }

/** What `describeUserScramCredentials` of a Client answers. */
export interface DescribeUserScramCredentialsResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** The users. */
  results: DescribeUserScramCredentialsResponseResult[]
}

/** What credentials a user has. */
export interface DescribeUserScramCredentialsResponseResult {
  /** The user's name. */
  user: string
  /** Its credentials, without what they are made of. */
  credentialInfos: DescribeUserScramCredentialsCredentialInfo[]
  /** ResourceNotFound for a user without credentials. */
  error: KafkaError | null
}

/** Credentials of a user. */
export interface DescribeUserScramCredentialsCredentialInfo {
  /** The hash that they are for. */
  mechanism: ScramMechanism
  /** Rounds of PBKDF2. */
  iterations: number
}

export const scramUserCalls: CallsOf<ScramUserCalls> = {
  alterUserScramCredentials: {
    fields: { addr: 'any', deletions: 'list', upsertions: 'list' },
    run: alterUserScramCredentials,
  },
  describeUserScramCredentials: { fields: { addr: 'any', users: 'list' }, run: describeUserScramCredentials },
}

async function alterUserScramCredentials(
  caller: Caller,
  request: AlterUserScramCredentialsRequest,
  options: CallOptions,
): Promise<AlterUserScramCredentialsResponse> {
  const deletions = itemsOf('a deletion of credentials', request.deletions ?? [], deletionFields)
  const upsertions = itemsOf('an upsertion of credentials', request.upsertions ?? [], upsertionFields)
  const wire = {
    deletions: deletions.map(({ name, mechanism }) => ({ name, mechanism: mechanismOf(mechanism) })),
    upsertions: upsertions.map(each => ({ ...each, mechanism: mechanismOf(each.mechanism) })),
  }
  const response = await caller.send(request, AlterUserScramCredentials, wire, options)
  return {
    throttle: response.throttleTimeMs,
    results: response.results.map(({ user, errorCode, errorMessage }) => ({
      user,
      error: errorAbout(`user ${user}`, errorCode, errorMessage),
    })),
  }
}

async function describeUserScramCredentials(
  caller: Caller,
  request: DescribeUserScramCredentialsRequest,
  options: CallOptions,
): Promise<DescribeUserScramCredentialsResponse> {
  const users = itemsOf('a user of describeUserScramCredentials()', request.users ?? [], userFields)
  // None are all. Null would say so, too, but Kafka 4.4 never answers that to whom it refuses.
  const response = await caller.send(request, DescribeUserScramCredentials, { users }, options)
  return {
    throttle: response.throttleTimeMs,
    error: errorAbout('credentials', response.errorCode, response.errorMessage),
    results: response.results.map(({ user, errorCode, errorMessage, credentialInfos }) => ({
      user,
      credentialInfos: credentialInfos.map(({ mechanism, iterations }) => ({
        mechanism: mechanism as ScramMechanism,
        iterations,
      })),
      error: errorAbout(`user ${user}`, errorCode, errorMessage),
    })),
  }
}

function mechanismOf(mechanism: Mechanism): number {
  const { Sha256, Sha512 } = ScramMechanism
  return oneOf<number>('mechanism', mechanism, { ...ScramMechanism, 'SCRAM-SHA-256': Sha256, 'SCRAM-SHA-512': Sha512 })
}
