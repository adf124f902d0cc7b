import { useId } from 'preact/hooks';

interface Props {
  readonly label: string;
  readonly help?: string;
  readonly value: string;
  readonly off: boolean;
  readonly onInput: (value: string) => void;
}

/** A field for a passphrase. No password manager is asked to keep it: it is not a password of a site. */
export function PassphraseField({ label, help, value, off, onInput }: Props) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        class="text-field"
        type="password"
        dir="auto"
        autocomplete="off"
        value={value}
        disabled={off}
        aria-describedby={help === undefined ? undefined : `${id}-help`}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {help !== undefined && (
        <p class="caption" id={`${id}-help`}>
          {help}
        </p>
      )}
    </div>
  );
}
