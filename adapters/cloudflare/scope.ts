interface Global {
  WebSocketPair?: new () => Record<0 | 1, { readonly readyState: number }>
}

/**
 * Of `SocketAdapter`. Nothing says which request is the one at hand, but a Worker refuses to touch what belongs to
 * another: even to read a property of a WebSocket, which costs next to nothing to make. Objects of a Durable Object are
 * its own, whichever request is at hand.
 */
export function scope(): (() => boolean) | undefined {
  const { WebSocketPair } = globalThis as Global
  if (WebSocketPair === undefined) return undefined
  let mark: { readonly readyState: number }
  try {
    mark = new WebSocketPair()[0]
    void mark.readyState
  } catch {
    // While the module loads there is no request.
    return undefined
  }
  return () => {
    try {
      return mark.readyState >= 0
    } catch {
      return false
    }
  }
}
