import { describe, expect, it } from 'vitest';
import { plainSetup } from '../../../../extension/session/chat-setup.ts';
import type { StoredChat } from '../../../../extension/session/history/stored-chat.ts';
import { createPanelKey, sealChat } from '../../../../extension/session/moving/sealed-chat.ts';
import { parseBase64, toBase64 } from '../../../../protocol/bytes.ts';
import { flipped } from '../../../support/verified-exchange.ts';

const chat: StoredChat = {
  service: 'https://chat.example',
  thread: [{ kind: 'own', id: 'q', text: 'a quiet question' }],
  setup: plainSetup,
  draft: 'and a draft',
  attachments: [],
};

describe('a chat on its way to the panel', () => {
  it('is opened by the key it was sealed to, and shows nothing of itself on the way', async () => {
    const key = await createPanelKey();
    const sealed = await sealChat(chat, key.publicKey);
    const bytes = Buffer.from(parseBase64(sealed)).toString('latin1');
    for (const word of ['quiet', 'draft', 'chat.example']) expect(bytes).not.toContain(word);
    expect(await key.open(sealed)).toMatchObject({ draft: 'and a draft', service: chat.service });
    // Each state of a chat is sealed to the same key.
    expect(await key.open(await sealChat({ ...chat, draft: 'more' }, key.publicKey))).toMatchObject({
      draft: 'more',
    });
  });

  it('is opened by no other key', async () => {
    const [key, other] = [await createPanelKey(), await createPanelKey()];
    expect(await other.open(await sealChat(chat, key.publicKey))).toBeNull();
  });

  it('is refused when a byte was changed, in the key, the nonce or the words', async () => {
    const key = await createPanelKey();
    const bytes = parseBase64(await sealChat(chat, key.publicKey));
    for (const offset of [3, 1121, 1150, bytes.length - 1])
      expect(await key.open(toBase64(flipped(bytes, offset))), `byte ${offset}`).toBeNull();
  });

  it.each(['', 'no Base64', toBase64(new Uint8Array(40))])('is not made of nonsense: %j', async (text) => {
    expect(await (await createPanelKey()).open(text)).toBeNull();
  });
});
