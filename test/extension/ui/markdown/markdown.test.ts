import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import en from '../../../../extension/public/_locales/en/messages.json' with { type: 'json' };
import { setMessageSource } from '../../../../extension/ui/i18n/messages.ts';
import { safeAddress } from '../../../../extension/ui/markdown/address.ts';
import { highlight } from '../../../../extension/ui/markdown/highlight.ts';
import { deepest } from '../../../../extension/ui/markdown/limits.ts';
import { ArrivingBlocks } from '../../../../extension/ui/markdown/markdown.tsx';
import { parseMarkdown } from '../../../../extension/ui/markdown/parse.ts';
import { renderBlocks } from '../../../../extension/ui/markdown/render.tsx';
import { catalogueSource } from '../catalogue.ts';
import { python, rich } from '../gallery/fixtures.ts';
import { drawn } from './drawn.ts';

const draw = (text: string) => drawn(renderBlocks(parseMarkdown(text)));
beforeAll(() => setMessageSource(catalogueSource('en', en)));

describe('what a model may draw', () => {
  test('headings, lists, tables, code and emphasis become elements of our own', () => {
    const { elements } = draw(rich);
    expect(elements).toEqual(
      expect.arrayContaining(['h2', 'table', 'blockquote', 'ol', 'CodeBlock', 'AnswerLink']),
    );
  });

  test('raw HTML is text', () => {
    const { text, elements } = draw(
      '<script>alert(1)</script>\n\nA <b onclick="x()">word</b> <img src=x onerror=alert(1)>',
    );
    expect(text).toContain('<script>alert(1)</script>');
    expect(text).toContain('<img src=x onerror=alert(1)>');
    expect(elements).toEqual(['p']);
  });

  test('pictures are words: nothing is fetched', () => {
    const { text, elements } = draw(
      '![a chart](https://evil.example/pixel.png) ![x][r]\n\n[r]: https://evil.example/b.png',
    );
    expect(elements).not.toContain('img');
    expect(text).toContain('[picture left out: a chart]');
    expect(text).not.toContain('evil.example');
  });

  test('footnotes and references keep their words', () => {
    const { text, links } = draw('A[^1] and [b][r].\n\n[^1]: note\n[r]: https://ok.example/');
    expect(text).toContain('note');
    expect(links).toEqual(['https://ok.example/']);
  });
});

describe('safeAddress', () => {
  test.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    ' java\tscript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'chrome-extension://abc/options.html',
    'blob:https://a.example/1',
    'https://user:pass@good.example/',
    '/relative',
    '',
  ])('refuses %j', (href) => expect(safeAddress(href)).toBeNull());

  test('shows the host that the browser will ask, not the letters that look like it', () => {
    expect(safeAddress('https://аpple.com/')).toBe('https://xn--pple-43d.com/');
    expect(safeAddress('https://bank.example\u202E/gro.live')).toBeNull();
    expect(safeAddress('https://a.example/\u202Egnp.exe')).toBe('https://a.example/%E2%80%AEgnp.exe');
  });
});

describe('hostile text', () => {
  const storms: Record<string, string> = {
    'quotes 5,000 deep': '>'.repeat(5_000),
    'spaced quotes': '> '.repeat(3_000),
    'lists 1,000 deep': Array.from({ length: 1_000 }, (_, i) => `${'  '.repeat(i)}- x`).join('\n'),
    'list markers in one line': '- '.repeat(4_000),
    'numbered markers in one line': '1. '.repeat(4_000),
    'opening brackets': '['.repeat(40_000),
    'image brackets': '![[]()'.repeat(2_500),
    stars: '*'.repeat(40_000),
    'stars and letters': '*a_'.repeat(8_000),
    backticks: '`'.repeat(40_000),
    'one long line': 'a'.repeat(60_000),
    'table row': '|'.repeat(20_000),
  };

  test.each(Object.entries(storms))('%s is drawn in bounded depth, with its words', (_name, text) => {
    const { depth } = draw(text);
    expect(depth).toBeLessThanOrEqual(deepest + 2);
  });

  test('as many paired characters as are let through can still be read', () => {
    const { text } = draw(`${'*a_'.repeat(740)}\n\n`.repeat(5));
    expect(text).toContain('a');
  });

  test('nesting beyond the limit is plain text, and keeps the words', () => {
    const text = `${'> '.repeat(40)}the end`;
    const { elements, text: words } = draw(text);
    expect(words).toContain('the end');
    expect(elements).toEqual(['p']);
  });

  test('any text can be drawn', () => {
    const piece = fc.constantFrom(
      '*',
      '_',
      '`',
      '[',
      ']',
      '(',
      ')',
      '!',
      '>',
      '-',
      '#',
      '|',
      '\n',
      ' ',
      'a',
      '<',
      '1.',
      '~',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        draw(pieces.join(''));
      }),
      { seed: 7, numRuns: 100 },
    );
  });
});

describe('ArrivingBlocks', () => {
  test.each([python, rich])('ends as the whole text would be drawn', (text) => {
    const blocks = new ArrivingBlocks();
    let last = drawn([]);
    for (let end = 0; end <= text.length; end += 7) last = drawn(blocks.update(text.slice(0, end)));
    last = drawn(blocks.update(text));
    expect(last).toEqual(draw(text));
  });

  test('hands back the same elements for blocks that are finished', () => {
    const blocks = new ArrivingBlocks();
    blocks.update('one\n\ntwo\n\nthr');
    const [before] = blocks.update('one\n\ntwo\n\nthre');
    const [after] = blocks.update('one\n\ntwo\n\nthree\n\nfour');
    expect(after).toBe(before);
  });

  test('starts over for another text', () => {
    const blocks = new ArrivingBlocks();
    blocks.update('one\n\ntwo');
    expect(drawn(blocks.update('other')).text).toBe('other');
  });

  test('shows a very long open block as it is, until it is closed', () => {
    const blocks = new ArrivingBlocks();
    const long = `**${'a '.repeat(9_000)}`;
    expect(drawn(blocks.update(long))).toMatchObject({ text: long, elements: ['p'] });
  });
});

describe('highlight', () => {
  test('changes no character of the code', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 200 }),
        fc.constantFrom('ts', 'python', 'sh', 'sql', 'html', 'cobol'),
        (code, language) => {
          expect(
            highlight(code, language)
              .map(({ text }) => text)
              .join(''),
          ).toBe(code);
        },
      ),
      { seed: 7 },
    );
  });

  test('tells keywords, strings, numbers and comments apart', () => {
    expect(highlight('const a = "b"; // 1\n2', 'ts').filter(({ kind }) => kind !== 'plain')).toEqual([
      { kind: 'keyword', text: 'const' },
      { kind: 'string', text: '"b"' },
      { kind: 'comment', text: '// 1' },
      { kind: 'number', text: '2' },
    ]);
  });
});
