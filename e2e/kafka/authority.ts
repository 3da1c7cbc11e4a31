import { type Certificate, certificate } from '../../test/adapters/certificates.ts'

/** A certificate authority nobody else trusts. */
export interface Authority {
  /** PEM. */
  readonly cert: string
  /** A certificate for this machine's loopback, or for a client of that name. */
  issue(name: string): Certificate
}

export function makeAuthority(): Authority {
  const issuer = certificate({ name: 'isokafka test authority', isAuthority: true })
  return { cert: issuer.cert, issue: name => certificate({ name, issuer, hosts: ['localhost', '127.0.0.1'] }) }
}
