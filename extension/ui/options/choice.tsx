import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface ChoiceProps {
  readonly group: string;
  readonly name: string;
  readonly text?: string;
  readonly lang?: string;
  readonly checked: boolean;
  readonly onChoose: () => void;
  /** More about it, below its words. */
  readonly children?: ComponentChildren;
}

/** One of several, of which one holds. */
export function Choice({ group, name, text, lang, checked, onChoose, children }: ChoiceProps) {
  return (
    <label class="choice">
      <input type="radio" name={group} checked={checked} onChange={onChoose} />
      <span class="choice-words">
        <span class="choice-name" lang={lang}>
          {name}
        </span>
        {text !== undefined && <span class="caption">{text}</span>}
        {children}
      </span>
    </label>
  );
}

/** Choices under a title. */
export function Group({ title, children }: { title: string; children: ComponentChildren }) {
  const id = useId();
  return (
    <>
      <h2 id={id} class="choices-title">
        {title}
      </h2>
      <fieldset class="choices card" aria-labelledby={id}>
        {children}
      </fieldset>
    </>
  );
}
