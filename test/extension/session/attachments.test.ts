import { describe, expect, it } from 'vitest';
import {
  MOST_FILE_BYTES,
  MOST_FILES,
  readAttachment,
  withFiles,
} from '../../../extension/session/attachments.ts';

const file = (name: string, content: string | Uint8Array<ArrayBuffer>) => new File([content], name);
const read = (content: string | Uint8Array<ArrayBuffer>, name = 'a.txt') =>
  readAttachment(file(name, content), [], 'f');

describe('readAttachment', () => {
  it('reads UTF-8 text with its length in bytes', async () => {
    expect(await read('Gänse\n', 'notes.md')).toEqual({
      id: 'f',
      name: 'notes.md',
      text: 'Gänse\n',
      bytes: 7,
    });
  });

  it('refuses what is not UTF-8, and what has control characters as binary files do', async () => {
    await expect(read(Uint8Array.of(0xff, 0xfe, 0x41, 0))).rejects.toMatchObject({
      code: 'WAX_CHAT_FILE_TEXT',
    });
    await expect(read('%PDF-1.7\u0000\u0001')).rejects.toMatchObject({ code: 'WAX_CHAT_FILE_TEXT' });
    await expect(read('tab\tand\r\nline\f')).resolves.toBeDefined();
  });

  it('refuses a file that is too long before it reads it', async () => {
    const huge = {
      name: 'huge.txt',
      size: MOST_FILE_BYTES + 1,
      arrayBuffer: () => Promise.reject(new Error('it was read')),
    };
    await expect(readAttachment(huge, [], 'f')).rejects.toMatchObject({ code: 'WAX_CHAT_FILE_SIZE' });
  });

  it('refuses a file that grew after its size was told', async () => {
    const grown = {
      name: 'grown.txt',
      size: 1,
      arrayBuffer: async () => new Uint8Array(MOST_FILE_BYTES + 1).fill(0x61).buffer,
    };
    await expect(readAttachment(grown, [], 'f')).rejects.toMatchObject({ code: 'WAX_CHAT_FILE_SIZE' });
  });

  it('counts the files together, in length and in number', async () => {
    const one = { ...(await read('x')), bytes: MOST_FILE_BYTES - 2 };
    await expect(readAttachment(file('b', 'yy'), [one], 'g')).resolves.toBeDefined();
    await expect(readAttachment(file('b', 'yyy'), [one], 'g')).rejects.toMatchObject({
      code: 'WAX_CHAT_FILE_SIZE',
    });
    const many = Array.from({ length: MOST_FILES }, (_, i) => ({ ...one, id: `${i}`, bytes: 1 }));
    await expect(readAttachment(file('b', 'y'), many, 'g')).rejects.toMatchObject({
      code: 'WAX_CHAT_FILE_COUNT',
    });
  });

  it('takes out of a name what would make it read as another', async () => {
    expect((await read('x', 'annual\u202Etxt.exe\n')).name).toBe('annualtxt.exe');
    expect((await read('x', '\u200B')).name).toBe('file');
    expect((await read('x', 'n'.repeat(200))).name).toHaveLength(80);
  });
});

describe('withFiles', () => {
  const attached = (name: string, text: string) => ({ id: name, name, text, bytes: text.length });

  it('puts each file under its name, before the words', () => {
    const content = withFiles({ text: 'Why?', files: [attached('a.csv', '1,2'), attached('b.csv', '3')] });
    expect(content).toBe('File: a.csv\n```\n1,2\n```\n\nFile: b.csv\n```\n3\n```\n\nWhy?');
  });

  it('fences a file so that nothing in it can end the fence', () => {
    const content = withFiles({ text: '', files: [attached('a.md', '````js\nx\n````')] });
    expect(content).toBe('File: a.md\n`````\n````js\nx\n````\n`````');
  });

  it('is the bare words without files', () => {
    expect(withFiles({ text: 'Hello' })).toBe('Hello');
  });
});
