import { messageOf, ProtocolError } from '../base/errors.ts'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { skipTagged } from '../schema/tagged.ts'
import {
  type AnyApi,
  type RequestInput,
  type RequestOf,
  type ResponseInput,
  type ResponseOf,
  requestCodec,
  responseCodec,
} from './api.ts'
import { ErrorCode } from './error-codes.ts'

// The one API whose response header never has tagged fields: a client reads it before it knows what the broker speaks
// (KIP-511).
const apiVersionsKey = 18

/** What a request says of itself. */
export interface RequestHeader {
  /** The API's key. */
  readonly apiKey: number
  /** The version of the API. */
  readonly apiVersion: number
  /** The number by which the response names the request. */
  readonly correlationId: number
  /** What the client calls itself; null for nothing. */
  readonly clientId: string | null
}

/** A request as it goes out, its size in front: the fewest pieces, large records attached and not copied. */
export function requestFrame<A extends AnyApi>(
  api: A,
  version: number,
  correlationId: number,
  clientId: string | null,
  request: RequestInput<A>,
): Uint8Array[] {
  const to = new ByteWriter()
  to.int32(0)
  to.int16(api.key)
  to.int16(version)
  to.int32(correlationId)
  // A plain string even in the flexible header (KIP-482).
  if (clientId === null) to.int16(-1)
  else to.string(clientId, 'int16')
  if (version >= api.flexibleSince) to.unsignedVarint(0)
  requestCodec(api, version).write(to, request)
  return framed(to)
}

/** A response as it goes out, its size in front. */
export function responseFrame<A extends AnyApi>(
  api: A,
  version: number,
  correlationId: number,
  response: ResponseInput<A>,
): Uint8Array[] {
  const to = new ByteWriter()
  to.int32(0)
  to.int32(correlationId)
  if (hasTaggedResponseHeader(api, version)) to.unsignedVarint(0)
  responseCodec(api, version).write(to, response)
  return framed(to)
}

/** The part of a request's header that is the same for every API; `readRequest` goes on from there. */
export function readRequestHeader(from: ByteReader): RequestHeader {
  const apiKey = from.int16()
  const apiVersion = from.int16()
  const correlationId = from.int32()
  const length = from.int16()
  return { apiKey, apiVersion, correlationId, clientId: length < 0 ? null : from.utf8(length) }
}

/**
 * The rest of a request, after its header; `records` are views of the frame. Bytes left over are ignored, as by Kafka:
 * librdkafka from 2.2 on sends such Metadata requests.
 */
export function readRequest<A extends AnyApi>(api: A, version: number, from: ByteReader): RequestOf<A> {
  try {
    if (version >= api.flexibleSince) skipTagged(from)
    return requestCodec(api, version).read(from)
  } catch (error) {
    throw new ProtocolError(`${api.name} v${version} request: ${messageOf(error)}`, { cause: error })
  }
}

/**
 * A response, from the frame after its size. `records` are views of the frame. A broker that doesn't know the
 * ApiVersions asked of it answers in version 0 (KIP-511), which is understood here.
 */
export function readResponse<A extends AnyApi>(
  api: A,
  version: number,
  frame: Uint8Array,
): { correlationId: number; response: ResponseOf<A> } {
  try {
    return response(api, version, new ByteReader(frame))
  } catch (error) {
    throw new ProtocolError(`${api.name} v${version} response: ${messageOf(error)}`, { cause: error })
  }
}

function response<A extends AnyApi>(
  api: A,
  version: number,
  from: ByteReader,
): { correlationId: number; response: ResponseOf<A> } {
  const correlationId = from.int32()
  if (hasTaggedResponseHeader(api, version)) skipTagged(from)
  const understood = api.key === apiVersionsKey && isUnsupportedVersion(from) ? 0 : version
  const response = responseCodec(api, understood).read(from)
  expectEnd(from)
  return { correlationId, response }
}

function hasTaggedResponseHeader(api: AnyApi, version: number): boolean {
  return version >= api.flexibleSince && api.key !== apiVersionsKey
}

function isUnsupportedVersion(from: ByteReader): boolean {
  const errorCode = from.int16()
  from.offset -= 2
  return errorCode === ErrorCode.UnsupportedVersion
}

function expectEnd(from: ByteReader): void {
  if (from.remaining !== 0) throw new ProtocolError(`${from.remaining} bytes left over`)
}

function framed(to: ByteWriter): Uint8Array[] {
  to.patchInt32(0, to.length - 4)
  return to.pieces()
}
