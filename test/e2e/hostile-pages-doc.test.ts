import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { hostilePages, type Outcome } from './support/hostile-pages.ts';

const words: Record<Outcome, string> = {
  works: 'works',
  covered: 'withdraws: the page covered the box',
  page: 'withdraws: the page got in the way',
  panel: 'opens no box; the popup says why',
  none: 'is not there',
};
const groups = [...new Set(hostilePages.map(({ group }) => group))];

function table(group: string): string {
  const rows = hostilePages
    .filter((page) => page.group === group)
    .map(({ id, does, outcome, why }) => {
      const { chromium, firefox } =
        typeof outcome === 'string' ? { chromium: outcome, firefox: outcome } : outcome;
      return `| \`${id}\` | ${does} | ${words[chromium]} | ${words[firefox]} | ${why ?? ''} |`;
    });
  const head = '| case | the page … | Chromium | Firefox | because |\n|---|---|---|---|---|';
  return `## ${group}\n\n${head}\n${rows.join('\n')}\n`;
}

const lead = `# Hostile pages

What pages do to the sealed box, and what becomes of it. \`test/e2e/hostile-pages.test.ts\` runs every case in a real
Chromium and a real Firefox; this page is written from its table, and a test compares the two. "Works" means that a prompt
was typed and answered, and that neither it, nor the answer, nor a single key, nor the extension's address was in anything
that the page could hear or look at. "Withdraws" means that the box took no more keys and that box or toolbar said why.

What no test here can show: a page can always paint a picture of a sealed box. It cannot know the personal seal, and it
cannot light the icon in the toolbar.
`;

it('docs/hostile-pages.md lists every case with its outcome', async () => {
  const path = fileURLToPath(new URL('../../docs/hostile-pages.md', import.meta.url));
  await expect([lead, ...groups.map(table)].join('\n')).toMatchFileSnapshot(path);
});
