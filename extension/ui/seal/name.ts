import { type MessageKey, type PlainKey, t } from '../i18n/messages.ts';
import type { Picture, Seal, Shape, Wax } from './generator.ts';

const capital = <T extends string>(word: T): Capitalize<T> =>
  (word.charAt(0).toUpperCase() + word.slice(1)) as Capitalize<T>;

export const shapeName = (shape: Shape): string => t(`shape${capital(shape)}` satisfies PlainKey);
const pictureName = (picture: Picture): string => t(`picture${capital(picture)}` satisfies MessageKey);
const waxName = (wax: Wax): string => t(`wax${capital(wax)}` satisfies MessageKey);

/** `swallow on a quatrefoil, mulberry`: how to speak of a seal, aloud or to a screen reader. */
export function sealName({ picture, shape, wax }: Seal): string {
  return t('sealName', { picture: pictureName(picture), shape: shapeName(shape), wax: waxName(wax) });
}

/** `Swallow on a quatrefoil, mulberry`, to begin a line with. */
export const sealNameFirst = (seal: Seal): string => capital(sealName(seal));

/** `Swallow, quatrefoil` */
export function sealShortName({ picture, shape }: Seal): string {
  return capital(t('sealShort', { picture: pictureName(picture), shape: shapeName(shape) }));
}
