import type { VerificationReport } from '../../../protocol/report.ts';
import { formatAgo } from '../i18n/format.ts';
import { t } from '../i18n/messages.ts';
import { UiIcon } from '../icons/ui-icon.tsx';
import type { LogFacts } from '../surfaces/chat.ts';
import type { Figures } from '../surfaces/status.ts';

/** Two letters that stand for a name. */
function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter(Boolean);
  const first = words[0] ?? '';
  return words.length > 1 ? first.charAt(0) + (words[1] ?? '').charAt(0).toLowerCase() : first.slice(0, 2);
}

interface VoucherProps {
  readonly name: string;
  readonly caption: string;
  readonly did: string;
  /** This one has not vouched. */
  readonly silent?: boolean;
}

function Voucher({ name, caption, did, silent = false }: VoucherProps) {
  return (
    <li class={silent ? 'voucher voucher-silent' : 'voucher'}>
      <bdi class="initials" aria-hidden="true">
        {initials(name)}
      </bdi>
      <span class="voucher-who">
        <span class="voucher-name">{name}</span>
        {caption !== '' && <span class="caption">{caption}</span>}
      </span>
      <span class="voucher-did">
        {!silent && <UiIcon name="check" size={14} />}
        {did}
      </span>
    </li>
  );
}

/**
 * Publishers who could have signed a release and did not. Only where the policy in force is the one it was signed
 * under, as far as numbers and names tell: a later publisher was never asked.
 */
export function silentPublishers(
  { publishers, publisherCount }: NonNullable<VerificationReport['release']>,
  facts: LogFacts | null,
): readonly string[] {
  const all = facts?.publishers ?? [];
  const same = all.length === publisherCount && publishers.every((name) => all.includes(name));
  return same ? all.filter((name) => !publishers.includes(name)) : [];
}

/** Everybody whose word the verdict rests on, by name. */
interface Props {
  readonly report: VerificationReport;
  readonly facts: LogFacts | null;
  readonly now: number;
}

export function Vouchers({ report, facts, now }: Props) {
  const { release, log, vendor, simulated } = report;
  const silent = release === null ? [] : silentPublishers(release, facts);
  return (
    <section class="vouchers">
      <h2>{t('whoVouches')}</h2>
      {!simulated && vendor !== null && (
        <>
          <p class="caption voucher-rule">{t('chipMakers')}</p>
          <ul>
            <Voucher name={vendor} caption={t('chipMakerCaption')} did={t('vouchesFor')} />
          </ul>
        </>
      )}
      {release !== null && (
        <>
          <p class="caption voucher-rule">
            {t('publishersMust', { k: release.threshold, n: release.publisherCount })}
          </p>
          <ul>
            {release.publishers.map((name) => (
              <Voucher key={name} name={name} caption="" did={t('signed')} />
            ))}
            {silent.map((name) => (
              <Voucher key={name} name={name} caption="" did={t('notSigned')} silent />
            ))}
          </ul>
        </>
      )}
      {log !== null && (
        <>
          <p class="caption voucher-rule">{t('witnessesMust', { k: log.quorum })}</p>
          <ul>
            {log.witnesses.map(({ name, at }) => (
              <Voucher key={name} name={name} caption={formatAgo(Date.parse(at), now)} did={t('agrees')} />
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

interface LimitsProps {
  readonly operator: string;
  readonly relay: Figures['relay'];
  readonly simulated: boolean;
}

/** What the proof does not cover, on the same page as the proof. */
export function CantRuleOut({ operator, relay, simulated }: LimitsProps) {
  return (
    <section class="cant">
      <h2>{t('cantRuleOut')}</h2>
      <ul class="bullets">
        {simulated && <li>{t('cantRuleOutSimulated')}</li>}
        <li>{t('cantRuleOut1')}</li>
        <li>{t('cantRuleOut2', { operator })}</li>
        {relay ? (
          <li>{t('cantRuleOutRelay', { host: relay.host, operator, runner: relay.operator })}</li>
        ) : (
          <li>{t('cantRuleOutAddress', { operator })}</li>
        )}
      </ul>
    </section>
  );
}
