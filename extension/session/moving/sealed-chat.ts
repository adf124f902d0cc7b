/**
 * A chat on its way from the sealed box of a page to the panel. The browser hands messages between pages of the
 * extension to all of them, the background included, so the chat goes sealed to a key of the panel's document
 * (HPKE export, RFC 9180): nobody else can read it, and the key ends with the document.
 * @module
 */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { concatBytes, parseBase64, toBase64, utf8 } from '../../../protocol/bytes.ts';
import { decapsulate, encapsulate, generateSessionKey } from '../../../protocol/session/hpke.ts';
import { decodeChat, encodeChat, type StoredChat } from '../history/stored-chat.ts';

const info = utf8('waxseal moving chat/1');
const NONCE = 24;
const PUBLIC_KEY = 1216;
const ENCAPSULATED = 1120;

/** Seals a chat to the panel's public key (Base64). */
export async function sealChat(chat: StoredChat, panelKey: string): Promise<string> {
  const { enc, chainKey } = await encapsulate(parseBase64(panelKey, PUBLIC_KEY), info);
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE));
  return toBase64(concatBytes(enc, nonce, xchacha20poly1305(chainKey, nonce).encrypt(encodeChat(chat))));
}

export interface PanelKey {
  /** Base64, for the boxes. */
  readonly publicKey: string;
  /** Opens what `sealChat` made for this key; null for anything else. */
  open(sealed: string): Promise<StoredChat | null>;
}

/** A key pair for as long as this document lives. */
export async function createPanelKey(): Promise<PanelKey> {
  const { seed, pk } = await generateSessionKey();
  return {
    publicKey: toBase64(pk),
    async open(sealed) {
      try {
        const bytes = parseBase64(sealed);
        const nonce = bytes.subarray(ENCAPSULATED, ENCAPSULATED + NONCE);
        const chainKey = await decapsulate(seed.slice(), bytes.subarray(0, ENCAPSULATED), info);
        return decodeChat(xchacha20poly1305(chainKey, nonce).decrypt(bytes.subarray(ENCAPSULATED + NONCE)));
      } catch {
        // Whatever it was, it is no chat that a box of ours sealed for this panel.
        return null;
      }
    },
  };
}
