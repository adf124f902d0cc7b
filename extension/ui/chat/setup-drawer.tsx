import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import type { VerificationReport } from '../../../protocol/report.ts';
import { shortHex } from '../i18n/format.ts';
import { formatCount, t } from '../i18n/messages.ts';
import type { ChatController, ChatSetup, ChatView } from '../surfaces/chat.ts';
import { privateField } from './private-field.ts';
import { formOf, isPlain, readForm, type SetupField, type SetupForm, setupLimits } from './setup-form.ts';
import { Sheet } from './sheet.tsx';

type Model = VerificationReport['models'][number];

interface ModelsProps {
  readonly models: readonly Model[];
  readonly chosen: string | null;
  readonly onChoose: (id: string) => void;
}

/** The models of the enclave, each with what the proof says of it. */
function Models({ models, chosen, onChoose }: ModelsProps) {
  const current = models.find(({ id }) => id === chosen) ?? models[0];
  return (
    <fieldset class="drawer-group">
      <legend>{t('setupModel')}</legend>
      {models.map((model) => (
        <label key={model.id} class="model">
          <input type="radio" name="model" checked={model === current} onChange={() => onChoose(model.id)} />
          <span class="model-words">
            <span class="model-name">{model.id}</span>
            <span class="caption">
              {t('modelLimits', {
                reads: formatCount(model.contextTokens),
                writes: formatCount(model.maxOutputTokens),
              })}
            </span>
            <span class="caption">
              {t('evFingerprint')} <span class="mono">{shortHex(model.sha256)}</span>
            </span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

interface FieldProps {
  readonly name: SetupField;
  readonly label: string;
  readonly help: string;
  readonly wrong: boolean;
  children(attributes: {
    id: string;
    'aria-describedby': string;
    'aria-invalid': boolean;
  }): ComponentChildren;
}

function Field({ name, label, help, wrong, children }: FieldProps) {
  const id = useId();
  return (
    <div class={`field field-${name}`}>
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': `${id}-help`, 'aria-invalid': wrong })}
      <p id={`${id}-help`} class={wrong ? 'caption field-wrong' : 'caption'}>
        {wrong && <strong>{t('fieldNotUsed')} </strong>}
        {help}
      </p>
    </div>
  );
}

interface Props {
  readonly view: ChatView;
  readonly controller: ChatController;
  readonly onClose: () => void;
}

/** Model, system prompt and parameters of this chat. Each change counts from the next message on. */
export function SetupDrawer({ view, controller, onClose }: Props) {
  const models = view.report?.models ?? [];
  const model = models.find(({ id }) => id === view.setup.model) ?? models[0];
  const most = model?.maxOutputTokens ?? 1;
  const [form, setForm] = useState(formOf(view.setup));
  const { wrong } = readForm(form, view.setup, most);
  const change = (part: Partial<SetupForm>) => {
    const next = { ...form, ...part };
    setForm(next);
    controller.changeSetup(readForm(next, controller.current().setup, most).setup);
  };
  const reset = () => {
    const plain: ChatSetup = {
      model: null,
      system: '',
      temperature: null,
      topP: null,
      maxTokens: null,
      stop: [],
      seed: null,
    };
    controller.changeSetup(plain);
    setForm(formOf(plain));
  };
  const short = (name: 'temperature' | 'topP' | 'maxTokens' | 'seed', label: string, help: string) => (
    <Field name={name} label={label} help={help} wrong={wrong.includes(name)}>
      {(attributes) => (
        <input
          {...attributes}
          {...privateField}
          class="text-field"
          inputMode={name === 'temperature' || name === 'topP' ? 'decimal' : 'numeric'}
          value={form[name]}
          placeholder={t('setupDefault')}
          onInput={(event) => change({ [name]: event.currentTarget.value })}
        />
      )}
    </Field>
  );
  return (
    <Sheet title={t('setupTitle')} onClose={onClose}>
      <div class="drawer">
        <p class="drawer-note">{t('setupNote')}</p>
        {models.length > 0 && (
          <Models
            models={models}
            chosen={view.setup.model}
            onChoose={(id) => controller.changeSetup({ ...controller.current().setup, model: id })}
          />
        )}
        <Field name="system" label={t('setupSystem')} help={t('setupSystemHelp')} wrong={false}>
          {(attributes) => (
            <textarea
              {...attributes}
              {...privateField}
              class="text-field"
              rows={4}
              value={form.system}
              onInput={(event) => change({ system: event.currentTarget.value })}
            />
          )}
        </Field>
        <div class="drawer-pair">
          {short('temperature', t('setupTemperature'), t('setupTemperatureHelp'))}
          {short('topP', t('setupTopP'), t('setupTopPHelp'))}
          {short('maxTokens', t('setupMaxTokens'), t('setupMaxTokensHelp', { n: most }))}
          {short('seed', t('setupSeed'), t('setupSeedHelp'))}
        </div>
        <Field
          name="stop"
          label={t('setupStop')}
          help={t('setupStopHelp', { n: setupLimits.stops, m: setupLimits.stopLength })}
          wrong={wrong.includes('stop')}
        >
          {(attributes) => (
            <textarea
              {...attributes}
              {...privateField}
              class="text-field"
              rows={2}
              value={form.stop}
              onInput={(event) => change({ stop: event.currentTarget.value })}
            />
          )}
        </Field>
        <button
          type="button"
          class="button"
          disabled={isPlain(view.setup) && wrong.length === 0}
          onClick={reset}
        >
          {t('setupReset')}
        </button>
      </div>
    </Sheet>
  );
}
