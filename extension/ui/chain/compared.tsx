import type { VerificationReport } from '../../../protocol/report.ts';
import type { SeenRelease } from '../../seen.ts';
import { formatAgo, formatList } from '../i18n/format.ts';
import { t } from '../i18n/messages.ts';
import { UiIcon } from '../icons/ui-icon.tsx';

/**
 * Compared with the last check of this service: the same program, a newer one, or an older one, and by whom. Null
 * where a check failed: what runs there has then not been shown to be any release.
 */
export function comparison(
  report: VerificationReport,
  last: SeenRelease,
  now: number,
): { readonly text: string; readonly changed: boolean } | null {
  const { release } = report;
  if (report.verdict !== 'pass' || release === null || last.service !== report.service) return null;
  const facts = { ago: formatAgo(last.at, now), old: String(last.version), n: String(release.version) };
  if (release.statementSha256 === last.statementSha256) {
    return { text: t('comparedSame', { ago: facts.ago, n: facts.n }), changed: false };
  }
  const who = formatList(release.publishers);
  if (release.version > last.version) return { text: t('comparedNewer', { ...facts, who }), changed: true };
  if (release.version < last.version) return { text: t('comparedOlder', { ...facts, who }), changed: true };
  return { text: t('comparedAnew', { ago: facts.ago, n: facts.n, who }), changed: true };
}

interface Props {
  readonly report: VerificationReport;
  readonly last: SeenRelease | null;
  readonly explorer: string | null;
  readonly now: number;
}

export function Compared({ report, last, explorer, now }: Props) {
  const said = last && comparison(report, last, now);
  if (!said) return null;
  return (
    <div class={said.changed ? 'compared compared-changed card' : 'compared card'}>
      <UiIcon name={said.changed ? 'again' : 'check'} size={18} />
      <p>
        {said.text}{' '}
        {said.changed && explorer !== null && report.release && (
          <a
            class="link"
            href={new URL(`entry/${report.release.index}`, `${explorer.replace(/\/$/, '')}/`).href}
            target="_blank"
            rel="noopener noreferrer"
          >
            {t('openInLog')}
          </a>
        )}
      </p>
    </div>
  );
}
