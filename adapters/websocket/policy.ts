interface PolicyViolation {
  readonly blockedURI: string
  readonly effectiveDirective: string
}

interface PolicyTarget {
  addEventListener(type: 'securitypolicyviolation', listener: (event: PolicyViolation) => void): void
  removeEventListener(type: 'securitypolicyviolation', listener: (event: PolicyViolation) => void): void
}

/**
 * Hears of a Content-Security-Policy that forbids this WebSocket: in a page or its worker, the runtime says so nowhere
 * else.
 */
export function watchPolicy({ host }: URL): {
  readonly watching: boolean
  readonly by: string | undefined
  forget(): void
} {
  const scope = globalThis as unknown as Partial<PolicyTarget>
  const target = (scope as { document?: PolicyTarget }).document ?? scope
  const watch = {
    watching: typeof target.addEventListener === 'function',
    by: undefined as string | undefined,
    forget: () => target.removeEventListener?.('securitypolicyviolation', hear),
  }
  const hear = ({ blockedURI, effectiveDirective }: PolicyViolation): void => {
    if (blockedURI.includes(host)) watch.by = effectiveDirective
  }
  target.addEventListener?.('securitypolicyviolation', hear)
  return watch
}
