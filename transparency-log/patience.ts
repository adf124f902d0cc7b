/**
 * How long the servers of log and witness wait for a client to send what it has begun. Without a limit, anybody who
 * sends a byte a minute holds a connection for ever. Answers and pauses between two requests are not limited by it.
 */
export const patience = {
  /** For a whole request, in milliseconds. */
  requestTimeout: 10_000,
  http: {
    /** For its headers. */
    headersTimeout: 5_000,
    /** How often connections are looked through. */
    connectionsCheckingInterval: 1_000,
  },
} as const;
