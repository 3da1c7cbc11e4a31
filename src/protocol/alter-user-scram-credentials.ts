import { array, nullable } from '../schema/combinators.ts'
import { bytes, int8, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toController } from './route.ts'

/** Sets and deletes users' SCRAM credentials (KIP-554). */
export const AlterUserScramCredentials = api({
  key: 51,
  name: 'AlterUserScramCredentials',
  versions: [0, 0],
  flexible: 0,
  route: toController,
  request: {
    deletions: array({ name: string, mechanism: int8 }),
    upsertions: array({
      name: string,
      /** 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. */
      mechanism: int8,
      iterations: int32,
      salt: bytes,
      /** PBKDF2 of the password; the broker never sees the password itself. */
      saltedPassword: bytes,
    }),
  },
  response: {
    throttleTimeMs: int32,
    results: array({ user: string, errorCode: int16, errorMessage: nullable(string) }),
  },
})
