import { useMemo } from 'preact/hooks';
import { CopyButton } from '../copy-button.tsx';
import { t } from '../i18n/messages.ts';
import { highlight } from './highlight.ts';
import { longestColoured } from './limits.ts';

/** Names of languages as people write them; others are shown as the model wrote them. */
const titles: Record<string, string> = {
  js: 'JavaScript',
  javascript: 'JavaScript',
  ts: 'TypeScript',
  typescript: 'TypeScript',
  py: 'Python',
  sh: 'Shell',
  bash: 'Shell',
  sql: 'SQL',
  html: 'HTML',
  css: 'CSS',
  json: 'JSON',
  yaml: 'YAML',
  cpp: 'C++',
  cs: 'C#',
};

function title(language: string): string {
  if (language === '') return t('codePlain');
  return titles[language.toLowerCase()] ?? language.charAt(0).toUpperCase() + language.slice(1, 24);
}

/** A block of code that scrolls sideways on its own. */
export function CodeBlock({ code, language }: { code: string; language: string }) {
  const tokens = useMemo(
    () => (code.length > longestColoured ? highlight(code, '') : highlight(code, language)),
    [code, language],
  );
  return (
    <figure class="code-block" dir="ltr">
      <figcaption class="code-head">
        <span>{title(language)}</span>
        <CopyButton text={code} class="code-copy" />
      </figcaption>
      <pre class="code-body mono">
        <code>
          {tokens.map(({ kind, text }) =>
            kind === 'plain' ? text : <span class={`code-${kind}`}>{text}</span>,
          )}
        </code>
      </pre>
    </figure>
  );
}
