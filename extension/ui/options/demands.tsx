import { t } from '../i18n/messages.ts';
import { StateIcon } from '../icons/state-icon.tsx';
import type { OptionsController } from '../surfaces/options.ts';
import type { DomainSummary, HardwareDemand } from '../surfaces/trust.ts';
import { Choice, Group } from './choice.tsx';
import { describeAccepted, describePreset, hardwareName } from './hardware-words.ts';

interface Props {
  readonly domain: DomainSummary;
  readonly controller: OptionsController;
}

function Demand({ domain, demand, controller }: Props & { readonly demand: HardwareDemand }) {
  const { type, presets, chosen } = demand;
  const isGone = chosen !== null && !presets.some(({ preset }) => preset === chosen);
  const group = `${domain.name} ${type}`;
  return (
    <Group title={t('demandTitle', { hardware: hardwareName(type) })}>
      {isGone && (
        <p class="demand-gone" role="alert">
          <StateIcon name="warn" size={20} />
          {t('demandGone')}
        </p>
      )}
      <Choice
        group={group}
        name={t('demandNone')}
        checked={chosen === null}
        onChoose={() => controller.demand(domain.name, type, null)}
      />
      {presets.map(({ preset, refuses }) => {
        const { name, text } = describePreset(preset);
        return (
          <Choice
            key={preset}
            group={group}
            name={name}
            text={text}
            checked={chosen === preset}
            onChoose={() => controller.demand(domain.name, type, preset)}
          >
            <span class="caption demand-refuses">
              {t('demandRefuses')} {refuses.map(describeAccepted).join('; ')}.
            </span>
          </Choice>
        );
      })}
    </Group>
  );
}

/** Where the person can ask for more than a trust domain does; there is no way to ask for less. */
export function Demands({ domain, controller }: Props) {
  if (domain.demands.length === 0) return null;
  return (
    <div class="demands">
      <p class="caption">{t('demandText')}</p>
      {domain.demands.map((demand) => (
        <Demand key={demand.type} domain={domain} demand={demand} controller={controller} />
      ))}
    </div>
  );
}
