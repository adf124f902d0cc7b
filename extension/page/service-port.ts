/**
 * What the fetch adapter in a page and the frame that serves it say to each other, over a port of their own that
 * the content script only hands on.
 * @module
 */

/** From the page. `body` is the JSON text of its request; one request for each port. */
export type AdapterRequest = { readonly kind: 'request'; readonly body: string } | { readonly kind: 'abort' };

/** To the page: head, then text, then an end; or broken off at any time. */
export type ServiceMessage =
  | { readonly kind: 'head'; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'end' }
  | { readonly kind: 'broken'; readonly message: string };

const record = (value: unknown): Record<string, unknown> =>
  value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};

/** A message of the page, or null. */
export function parseAdapterRequest(value: unknown): AdapterRequest | null {
  const { kind, body } = record(value);
  if (kind === 'abort') return { kind };
  return kind === 'request' && typeof body === 'string' ? { kind, body } : null;
}

/** A message of the frame, or null. */
export function parseServiceMessage(value: unknown): ServiceMessage | null {
  const { kind, status, headers, text, message } = record(value);
  if (kind === 'head' && Number.isInteger(status))
    return { kind, status: Number(status), headers: record(headers) as Record<string, string> };
  if (kind === 'text' && typeof text === 'string') return { kind, text };
  if (kind === 'end') return { kind };
  return kind === 'broken' && typeof message === 'string' ? { kind, message } : null;
}
