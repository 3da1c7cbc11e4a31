/** An error with its causes, as a text that leaves the runtime. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // Not every engine's stack begins with the message.
  const text = error.stack?.includes(error.message) ? error.stack : `${error.name}: ${error.message}\n${error.stack}`
  return error.cause === undefined ? text : `${text}\ncaused by ${describe(error.cause)}`
}
