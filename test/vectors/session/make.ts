/**
 * Makes the conformance vectors of the sealed session. `node test/vectors/session/make.ts` writes them beside
 * this file; the same sources give the same bytes, each time and everywhere.
 * @module
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { handshakeVectors } from '../../support/session-vectors/handshake.ts';
import { replyVectors } from '../../support/session-vectors/replies.ts';
import { turnVectors } from '../../support/session-vectors/turns.ts';
import { waitVectors } from '../../support/session-vectors/waits.ts';

/** File name to content. */
export async function makeVectors(): Promise<Map<string, string>> {
  const files = [...(await handshakeVectors()), ...turnVectors(), ...(await replyVectors()), waitVectors()];
  return new Map(files.map((file) => [`${file.step}.json`, `${JSON.stringify(file, null, 1)}\n`]));
}

if (import.meta.main) {
  for (const [name, text] of await makeVectors()) {
    writeFileSync(fileURLToPath(new URL(name, import.meta.url)), text);
    console.log(name, text.length);
  }
}
