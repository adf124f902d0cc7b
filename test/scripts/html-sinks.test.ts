import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyChange, htmlSinks, withoutHtmlSinks } from '../../scripts/html-sinks.ts';

describe('a change to a library', () => {
  const change = { module: '/library/index.js', from: 'sink(text)', to: 'refuse($&)' };

  it('is made as written', () => {
    expect(applyChange('before; sink(text); after', change)).toBe('before; refuse($&); after');
  });

  it.each([
    ['is not there', 'before; sink(other); after', '0 times'],
    ['is there twice', 'sink(text); sink(text)', '2 times'],
  ])('ends the build where its text %s', (_case, code, count) => {
    expect(() => applyChange(code, change)).toThrow(count);
  });
});

describe('what reads text as HTML or as a program', () => {
  it.each([
    'e.innerHTML=t',
    'e["outerHTML"]',
    'e.insertAdjacentHTML(`x`,t)',
    'document.write(t)',
    'a(n).document().write(t)',
    'r.createContextualFragment(t)',
    'new DOMParser().parseFromString(t,`text/html`)',
    '(0,eval)(t)',
    'new Function(t)',
    'return Function(t)()',
  ])('is found: %s', (code) => {
    expect(code).toMatch(htmlSinks);
  });

  it.each([
    's=="dangerouslySetInnerHTML"',
    'isFunction(t)',
    'e.textContent=t',
    'let{write:i}=p.document();i(t)',
  ])('is not found where it is not: %s', (code) => {
    expect(code).not.toMatch(htmlSinks);
  });
});

describe('a build without them', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'waxseal-sinks-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const buildOf = async (code: string) => {
    await writeFile(join(folder, 'main.js'), code);
    return build({
      configFile: false,
      envFile: false,
      root: folder,
      logLevel: 'silent',
      plugins: [withoutHtmlSinks()],
      build: { write: false, lib: { entry: join(folder, 'main.js'), formats: ['es'] } },
    });
  };

  it('is made where nothing holds any', async () => {
    await expect(buildOf('export const draw = (e, t) => { e.textContent = t; };')).resolves.toBeDefined();
  });

  it('ends where something does, whoever wrote it', async () => {
    await expect(buildOf('export const draw = (e, t) => { e.innerHTML = t; };')).rejects.toThrow(/innerHTML/);
  });
});
