/** Who has not said who he is, as Kafka calls him. */
export const anonymous = 'User:ANONYMOUS'

/** A user as access rules name him. */
export function userPrincipal(name: string): string {
  return `User:${name}`
}
