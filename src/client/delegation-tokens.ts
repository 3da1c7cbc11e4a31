import { given, type SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { CreateDelegationToken } from '../protocol/create-delegation-token.ts'
import { DescribeDelegationToken } from '../protocol/describe-delegation-token.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { ExpireDelegationToken } from '../protocol/expire-delegation-token.ts'
import { RenewDelegationToken } from '../protocol/renew-delegation-token.ts'
import type { CallsOf, Options } from './call.ts'
import type { Addressed, Caller } from './caller.ts'
import { errorAbout } from './error-about.ts'
import { itemsOf } from './nested.ts'

/** Tokens to log in with by SCRAM in place of a password (KIP-48). Only who has logged in may ask for them. */
export interface DelegationTokenCalls {
  /** Makes a token, for oneself or for another (KIP-373). */
  createDelegationToken(
    request?: CreateDelegationTokenRequest,
    ...options: Options
  ): Promise<CreateDelegationTokenResponse>
  /** Puts off a token's end. */
  renewDelegationToken(request: RenewDelegationTokenRequest, ...options: Options): Promise<DelegationTokenExpiry>
  /** Brings a token's end forward; by default it ends now. */
  expireDelegationToken(request: ExpireDelegationTokenRequest, ...options: Options): Promise<DelegationTokenExpiry>
  /** The tokens that one may see. */
  describeDelegationTokens(
    request?: DescribeDelegationTokensRequest,
    ...options: Options
  ): Promise<DescribeDelegationTokensResponse>
}

/** Somebody, as User:alice is type 'User', name 'alice'. */
export interface KafkaPrincipal {
  /** Default 'User'. */
  type?: string
  /** The name, as 'alice'. */
  name: string
}

const principalFields: SettingKinds<KafkaPrincipal> = { type: 'string', name: 'string!' }

/** What `createDelegationToken` of a Client is asked. */
export interface CreateDelegationTokenRequest extends Addressed {
  /** Default: who asks. */
  owner?: KafkaPrincipal
  /** Who may renew it besides its owner. */
  renewers?: readonly KafkaPrincipal[]
  /** Milliseconds; default: as the broker is set. */
  maxLifetime?: number
}

const createFields: SettingKinds<CreateDelegationTokenRequest> = {
  addr: 'any',
  owner: 'object',
  renewers: 'list',
  maxLifetime: 'number',
}

/** What `createDelegationToken` of a Client answers. */
export interface CreateDelegationTokenResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** null upon an error. */
  token: DelegationToken | null
}

/** A token, and until when it is good. */
export interface DelegationToken {
  /** The user name to log in with. */
  tokenId: string
  /** In base64 it is the password to log in with: a secret. */
  hmac: Uint8Array
  /** Whom it stands for. */
  owner: Required<KafkaPrincipal>
  /** Who asked for it; '' before Kafka 3.3. */
  requester: Required<KafkaPrincipal>
  /** When it was made. */
  issuedAt: Date
  /** When it ends, unless it is renewed. */
  expiresAt: Date
  /** Beyond this it can't be renewed. */
  maxTime: Date
  /** Who may renew it, beside its owner. */
  renewers: Required<KafkaPrincipal>[]
}

/** What `renewDelegationToken` of a Client is asked. */
export interface RenewDelegationTokenRequest extends Addressed {
  /** The token's `hmac`. */
  hmac: Uint8Array
  /** Milliseconds from now; default: as the broker is set. */
  period?: number
}

/** What `expireDelegationToken` of a Client is asked. */
export interface ExpireDelegationTokenRequest extends Addressed {
  /** The token's `hmac`. */
  hmac: Uint8Array
  /** Milliseconds from now; below 0, the default, the token ends at once. */
  period?: number
}

const periodFields: SettingKinds<RenewDelegationTokenRequest> = { addr: 'any', hmac: 'object!', period: 'number' }

/** What `renewDelegationToken` and `expireDelegationToken` of a Client answer. */
export interface DelegationTokenExpiry {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** When the token ends; null upon an error. */
  expiresAt: Date | null
}

/** What `describeDelegationTokens` of a Client is asked. */
export interface DescribeDelegationTokensRequest extends Addressed {
  /** Default: all that one may see. */
  owners?: readonly KafkaPrincipal[]
}

/** What `describeDelegationTokens` of a Client answers. */
export interface DescribeDelegationTokensResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** The tokens. */
  tokens: DelegationToken[]
}

export const delegationTokenCalls: CallsOf<DelegationTokenCalls> = {
  createDelegationToken: { fields: createFields, run: createDelegationToken },
  renewDelegationToken: { fields: periodFields, run: renewDelegationToken },
  expireDelegationToken: { fields: periodFields, run: expireDelegationToken },
  describeDelegationTokens: { fields: { addr: 'any', owners: 'list' }, run: describeDelegationTokens },
}

async function createDelegationToken(
  caller: Caller,
  request: CreateDelegationTokenRequest,
  options: CallOptions,
): Promise<CreateDelegationTokenResponse> {
  const { owner, maxLifetime = -1 } = request
  const renewers = itemsOf('a renewer', request.renewers ?? [], principalFields).map(wirePrincipal)
  const wire = { renewers, maxLifetimeMs: maxLifetime, ...(owner && ownerFields(wirePrincipal(owner))) }
  const response = await caller.send(request, CreateDelegationToken, wire, options)
  const error = errorAbout('a delegation token', response.errorCode)
  const { issueTimestampMs, expiryTimestampMs, maxTimestampMs } = response
  return {
    throttle: response.throttleTimeMs,
    error,
    token:
      error === null
        ? tokenOf({
            ...response,
            renewers,
            issueTimestamp: issueTimestampMs,
            expiryTimestamp: expiryTimestampMs,
            maxTimestamp: maxTimestampMs,
          })
        : null,
  }
}

async function renewDelegationToken(
  caller: Caller,
  request: RenewDelegationTokenRequest,
  options: CallOptions,
): Promise<DelegationTokenExpiry> {
  const { hmac, period = -1 } = request
  return expiryOf(await caller.send(request, RenewDelegationToken, { hmac, renewPeriodMs: period }, options))
}

async function expireDelegationToken(
  caller: Caller,
  request: ExpireDelegationTokenRequest,
  options: CallOptions,
): Promise<DelegationTokenExpiry> {
  const { hmac, period = -1 } = request
  return expiryOf(await caller.send(request, ExpireDelegationToken, { hmac, expiryTimePeriodMs: period }, options))
}

async function describeDelegationTokens(
  caller: Caller,
  request: DescribeDelegationTokensRequest,
  options: CallOptions,
): Promise<DescribeDelegationTokensResponse> {
  const owners = request.owners ? itemsOf('an owner', request.owners, principalFields).map(wirePrincipal) : null
  const response = await caller.send(request, DescribeDelegationToken, { owners }, options)
  return {
    throttle: response.throttleTimeMs,
    error: errorAbout('delegation tokens', response.errorCode),
    tokens: response.tokens.map(tokenOf),
  }
}

interface WirePrincipal {
  readonly principalType: string
  readonly principalName: string
}

interface WireToken extends WirePrincipal {
  readonly tokenRequesterPrincipalType: string
  readonly tokenRequesterPrincipalName: string
  readonly tokenId: string
  readonly hmac: Uint8Array
  readonly issueTimestamp: number
  readonly expiryTimestamp: number
  readonly maxTimestamp: number
  readonly renewers: readonly WirePrincipal[]
}

function tokenOf(token: WireToken): DelegationToken {
  return {
    tokenId: token.tokenId,
    hmac: token.hmac,
    owner: principalOf(token),
    requester: { type: token.tokenRequesterPrincipalType, name: token.tokenRequesterPrincipalName },
    issuedAt: new Date(token.issueTimestamp),
    expiresAt: new Date(token.expiryTimestamp),
    maxTime: new Date(token.maxTimestamp),
    renewers: token.renewers.map(principalOf),
  }
}

function principalOf({ principalType, principalName }: WirePrincipal): Required<KafkaPrincipal> {
  return { type: principalType, name: principalName }
}

function wirePrincipal(principal: KafkaPrincipal): WirePrincipal {
  const { type = 'User', name } = given('a principal', principal, principalFields)
  return { principalType: type, principalName: name }
}

/** Left out for oneself, which brokers before Kafka 3.3 have no other way to say. */
function ownerFields({ principalType, principalName }: WirePrincipal) {
  return { ownerPrincipalType: principalType, ownerPrincipalName: principalName }
}

function expiryOf(response: {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly expiryTimestampMs: number
}): DelegationTokenExpiry {
  const error = errorAbout('the delegation token', response.errorCode)
  return {
    throttle: response.throttleTimeMs,
    error,
    expiresAt: error === null ? new Date(response.expiryTimestampMs) : null,
  }
}
