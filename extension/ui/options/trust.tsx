import type { ComponentChildren } from 'preact';
import { downloadJson } from '../download.ts';
import { formatDate } from '../i18n/format.ts';
import { t, tn } from '../i18n/messages.ts';
import { StateIcon } from '../icons/state-icon.tsx';
import { UiIcon } from '../icons/ui-icon.tsx';
import type { OptionsController, OptionsView } from '../surfaces/options.ts';
import type { DomainSummary, KeptEvidence } from '../surfaces/trust.ts';
import { Demands } from './demands.tsx';
import { ImportDialog } from './import-dialog.tsx';
import { Refused } from './refused.tsx';

/** One line about a trust domain: who approves, who watches, which chips count. */
function inShort({ publishers, witnesses, chips }: DomainSummary): string {
  const approve = publishers && t('domainPublishers', { k: publishers.needed, n: publishers.all });
  const watch = t('domainWitnesses', { k: witnesses.needed, n: witnesses.all });
  return [approve, watch, ...chips].filter((part) => part !== null).join(', ');
}

interface CardProps {
  readonly domain: DomainSummary;
  readonly importedAt: number | null;
  readonly controller: OptionsController;
  readonly children?: ComponentChildren;
}

function DomainCard({ domain, importedAt, controller, children }: CardProps) {
  const imported = importedAt !== null;
  const icon = domain.simulator ? 'sim' : imported ? 'imported' : 'sealed';
  const { log, witnesses, chips, services, relays, freshHours } = domain;
  return (
    <details class={imported ? 'domain card card-dashed' : 'domain card'}>
      <summary class="domain-head">
        <StateIcon name={icon} size={30} />
        <span class="domain-words">
          <span class="domain-name">
            {domain.name}{' '}
            <span class="pill">
              {imported ? t('importedOn', { date: formatDate(importedAt) }) : t('builtIn')}
            </span>
          </span>
          <span class="domain-short">
            {imported ? t('domainAlways', { name: domain.name }) : inShort(domain)}
          </span>
        </span>
        <span class="domain-count">{tn('enclaveCount', services.length)}</span>
        <UiIcon name="chev" size={16} />
      </summary>
      <div class="domain-more">
        <dl class="pairs">
          <dt>{t('domainLog')}</dt>
          <dd>{t('domainLogText', { origin: log.origin, n: log.size })}</dd>
          <dt>{t('linkWitnesses')}</dt>
          <dd>
            {t('domainWitnesses', { k: witnesses.needed, n: witnesses.all })}:{' '}
            {witnesses.operators.join(', ')}
          </dd>
          <dt>{t('domainFresh')}</dt>
          <dd>{t('domainFreshText', { n: freshHours })}</dd>
          <dt>{t('domainChips')}</dt>
          <dd>{[...chips, ...(domain.simulator ? [t('simulatorName')] : [])].join(', ')}</dd>
          <dt>{t('domainServices')}</dt>
          <dd>{services.join(', ')}</dd>
          {relays.length > 0 && (
            <>
              <dt>{t('domainRelays')}</dt>
              <dd>{relays.map(({ url, operator }) => t('domainRelay', { operator, url })).join('; ')}</dd>
            </>
          )}
        </dl>
        <Demands domain={domain} controller={controller} />
        {children}
      </div>
    </details>
  );
}

interface EvidenceProps {
  readonly evidence: KeptEvidence;
  readonly controller: OptionsController;
}

/** A log has contradicted itself once. It may look well again by now: that is no reason to forget. */
function Evidence({ evidence, controller }: EvidenceProps) {
  const { kind, log, foundAt, document } = evidence;
  const values = { date: formatDate(Date.parse(foundAt)), log };
  return (
    <div class="refused card">
      <StateIcon name="fork" size={24} />
      <div>
        <p class="refused-title">{kind === 'fork' ? t('keptFork', values) : t('keptRollback', values)}</p>
        <p class="caption">{t('keptNote')}</p>
        <div class="actions">
          <button
            type="button"
            class="button"
            onClick={() => downloadJson('waxseal-fork-evidence.json', document)}
          >
            {t('forkSave')}
          </button>
          <button type="button" class="button" onClick={() => controller.dismissEvidence(evidence)}>
            {t('keptDismiss')}
          </button>
        </div>
      </div>
    </div>
  );
}

/** Trust domains: the built-in one, imported ones, and the import of another. */
export function Trust({ view, controller }: { view: OptionsView; controller: OptionsController }) {
  const { builtIn, imported, candidate, refusal, evidence } = view;
  const read = async (input: HTMLInputElement) => {
    const file = input.files?.[0];
    if (file) controller.offerImport(file.name, await file.text());
    // So that choosing the same file again is a change.
    input.value = '';
  };
  return (
    <section>
      <h1 class="statement">{t('trustTitle')}</h1>
      <p class="lede">{t('trustText')}</p>
      {evidence.map((one) => (
        <Evidence key={`${one.domain} ${one.foundAt}`} evidence={one} controller={controller} />
      ))}
      {builtIn.services.length > 0 && (
        <DomainCard domain={builtIn} importedAt={null} controller={controller} />
      )}
      {imported.map((domain) => (
        <DomainCard key={domain.name} domain={domain} importedAt={domain.importedAt} controller={controller}>
          <button type="button" class="button" onClick={() => controller.removeDomain(domain.name)}>
            {t('removeDomain')}
          </button>
        </DomainCard>
      ))}
      {candidate ? (
        <ImportDialog key={candidate.file} candidate={candidate} controller={controller} />
      ) : (
        <div class="import">
          <label class="button import-file">
            {t('importFile')}
            <input
              type="file"
              class="visually-hidden"
              accept=".json,application/json"
              onChange={(event) => read(event.currentTarget)}
            />
          </label>
          <span class="caption">{t('importNote')}</span>
        </div>
      )}
      {refusal && <Refused {...refusal} />}
    </section>
  );
}
