/**
 * The words of every state (LOOKS 3 and 7.1): first what happened to the person's words, then why, then what
 * to do. Facts that are missing drop their clause; nothing is made up.
 * @module
 */
import type { Interference } from '../../messaging.ts';
import { formatDate, formatSpan } from '../i18n/format.ts';
import { t, tn } from '../i18n/messages.ts';
import type { StateIconName } from '../icons/state-icon.tsx';
import type { Figures, StateId, Status } from '../surfaces/status.ts';
import type { Action, ActionId } from './actions.ts';

/** All that a surface says about a state. */
export interface StateText {
  readonly icon: StateIconName;
  /** One or a few words, beside the icon. */
  readonly word: string;
  /** Under the word: who this is about. */
  readonly who: string;
  /** A short sentence without a full stop, for lists, the toolbar and screen readers. */
  readonly short: string;
  readonly title: string;
  readonly text: string;
  readonly actions: readonly Action[];
}

/** A state's words, with the host as the default who line. */
type Words = Omit<StateText, 'who'> & { readonly who?: string };

/** The operator's name in the middle of a sentence, or a stand-in. */
export const operatorOf = (figures: Figures): string =>
  figures.operator ?? figures.service ?? t('theOperator');
const operatorFirst = (figures: Figures): string =>
  figures.operator ?? figures.service ?? t('theOperatorStart');

const joined = (...parts: (string | undefined)[]): string => parts.filter((part) => part).join(' · ');

const action = (id: ActionId, label: string): Action => ({ id, label });
const tryNow = (): Action => action('check-now', t('actTryNow'));
const otherEnclave = (): Action => action('other-enclave', t('actOtherEnclave'));
const openPanel = (): Action => action('open-panel', t('actOpenPanel'));
const tell = (figures: Figures): readonly Action[] =>
  figures.contact === undefined
    ? []
    : [action('tell-operator', t('actTell', { operator: operatorOf(figures) }))];

function papersText(figures: Figures): string {
  const { paper, vendor, endsAt } = figures;
  if (paper === undefined || vendor === undefined || endsAt === undefined) {
    return `${t('onlyOperatorRenews', { operator: operatorOf(figures) })} ${t('nothingSent')}`;
  }
  const names = {
    certificate: t('paperCertificate'),
    'revocation-list': t('paperRevocationList'),
    firmware: t('paperFirmware'),
  };
  const words = { vendor, paper: names[paper], date: formatDate(endsAt), operator: operatorOf(figures) };
  return t('textPapers', words);
}

function graceText({ publishers, endsAt }: Figures): string {
  if (publishers === undefined || endsAt === undefined) return t('textSealedGraceOpen');
  return t('textSealedGrace', { m: publishers.signed, n: publishers.all, date: formatDate(endsAt) });
}

function clockText({ witnessTime }: Figures): string {
  if (witnessTime === undefined) return `${t('textClockLead')} ${t('notAnAttack')}`;
  const { at, localAt, agree } = witnessTime;
  return `${t('textClockLead')} ${tn('textClock', agree, { difference: formatSpan(at - localAt) })}`;
}

/** What the page did, and what that means for the words that were being typed. */
function pageText(site: string, what: Interference): string {
  const said = {
    focus: t('textPage', { site }),
    cover: t('textPageCovered', { site }),
    move: t('textPageMoved', { site }),
    remove: t('textPageRemoved', { site }),
    block: t('textPageBlocked', { site }),
  };
  return said[what];
}

const page = (site: string, what: Interference): Words => ({
  icon: 'page',
  word: t('wordPage'),
  who: t('whoClosed'),
  short: t('shortPage'),
  title: what === 'cover' ? t('titlePageCovered') : t('titlePage'),
  text: `${pageText(site, what)} ${t('pagePanelSafer')}`,
  actions: [openPanel(), action('keep-closed', t('actKeepClosed'))],
});

/** Writes one state. `site` is the page that the surface stands on, if it stands on one. */
type Writer = (figures: Figures, site: string) => Words;

const writers: Record<StateId, Writer> = {
  'not-set-up': () => ({
    icon: 'setup',
    word: t('wordNotSetUp'),
    who: t('shortNotSetUp'),
    short: t('shortNotSetUp'),
    title: t('titleNotSetUp'),
    text: t('textNotSetUp'),
    actions: [action('set-up', t('actSetUp'))],
  }),
  'not-granted': (_figures, site) => ({
    icon: 'none',
    word: t('wordNotGranted'),
    who: site || t('shortNotGranted'),
    short: t('shortNotGranted'),
    title: t('wordNotGranted'),
    text: site ? t('textNotGranted') : t('textNoSite'),
    actions: site ? [openPanel(), action('use-here', t('actUseOn', { site }))] : [openPanel()],
  }),
  checking: () => ({
    icon: 'checking',
    word: t('wordChecking'),
    short: t('shortChecking'),
    title: t('titleChecking'),
    text: t('textChecking'),
    actions: [],
  }),
  sealed: ({ model, service }) => ({
    icon: 'sealed',
    word: t('wordSealed'),
    who: joined(model, service),
    short: t('shortSealed'),
    title: t('titleEmpty'),
    text: t('textSealed'),
    actions: [],
  }),
  'sealed-imported': (figures) => {
    const name = figures.domain ?? operatorOf(figures);
    return {
      icon: 'imported',
      word: t('wordSealedImported', { name }),
      who: joined(t('whoOwnRules'), figures.service),
      short: t('shortSealedImported'),
      title: t('wordSealedImported', { name }),
      text: t('textSealedImported', { name }),
      actions: [action('see-chain', t('actSeeRules'))],
    };
  },
  'sealed-grace': (figures) => {
    const until =
      figures.endsAt === undefined
        ? t('shortSealedGraceOpen')
        : t('shortSealedGrace', { date: formatDate(figures.endsAt) });
    return {
      icon: 'grace',
      word: t('wordSealedGrace'),
      who: until,
      short: until,
      title: t('wordSealedGrace'),
      text: graceText(figures),
      actions: [action('see-chain', t('actSeeWhy'))],
    };
  },
  simulated: ({ model, service }) => ({
    icon: 'sim',
    word: t('wordSimulated'),
    who: joined(model, service),
    short: t('shortSimulated'),
    title: t('titleEmptySimulated'),
    text: t('textSimulated'),
    actions: [],
  }),
  adapter: (figures, site) => ({
    icon: 'adapter',
    word: t('wordAdapter'),
    who: t('shortAdapter'),
    short: t('shortAdapter'),
    title: t('wordAdapter'),
    text: t('textAdapter', { site, service: figures.service ?? operatorOf(figures) }),
    actions: [action('open-panel', t('adapterHint'))],
  }),
  stale: ({ minutes }) => ({
    icon: 'stale',
    word: t('wordStale'),
    short: t('shortStale'),
    title: t('wordStale'),
    text: `${minutes === undefined ? t('textStaleOpen') : tn('textStale', minutes)} ${t('nothingSent')}`,
    actions: [action('check-now', t('actCheckNow'))],
  }),
  'cannot-reach': (figures) => ({
    icon: 'reach',
    word: t('wordCannotReach'),
    short: t('shortCannotReach'),
    title: t('titleCannotReach', { operator: operatorOf(figures) }),
    text: t('textCannotReach'),
    actions: [tryNow(), otherEnclave()],
  }),
  'not-understood': (figures) => ({
    icon: 'unclear',
    word: t('wordNotUnderstood'),
    short: t('shortNotUnderstood'),
    title: t('titleNotUnderstood', { operator: operatorFirst(figures) }),
    text: t('textNotUnderstood'),
    actions: [tryNow(), ...tell(figures)],
  }),
  busy: (figures) => ({
    icon: 'busy',
    word: t('wordBusy'),
    short: t('shortBusy'),
    title: t('titleBusy', { operator: operatorFirst(figures) }),
    text: t('textBusy'),
    actions: [tryNow(), otherEnclave()],
  }),
  'log-unreachable': ({ hours, hoursLeft }) => ({
    icon: 'log',
    word: t('wordLogUnreachable'),
    ...(hours === undefined ? {} : { who: tn('shortLogUnreachable', hours) }),
    short: hours === undefined ? t('titleLogUnreachable') : tn('shortLogUnreachable', hours),
    title: t('titleLogUnreachable'),
    text:
      hours === undefined || hoursLeft === undefined
        ? t('textLogUnreachableOpen')
        : t('textLogUnreachable', { n: hours, m: hoursLeft }),
    actions: [tryNow()],
  }),
  'log-too-old': ({ hours }) => ({
    icon: 'log',
    word: t('wordLogTooOld'),
    short: t('shortLogTooOld'),
    title: t('titleLogTooOld'),
    text: hours === undefined ? t('textLogTooOldOpen') : tn('textLogTooOld', hours),
    actions: [tryNow()],
  }),
  papers: (figures) => ({
    icon: 'papers',
    word: t('wordPapers'),
    short: t('shortPapers'),
    title: t('wordPapers'),
    text: papersText(figures),
    actions: [...tell(figures), otherEnclave(), action('see-chain', t('actWhy'))],
  }),
  retired: (figures) => ({
    icon: 'papers',
    word: t('wordRetired'),
    short: t('shortRetired'),
    title: t('titleRetired'),
    text:
      figures.release === undefined || figures.days === undefined
        ? t('textRetiredOpen', { operator: operatorFirst(figures) })
        : tn('textRetired', figures.days, {
            operator: operatorFirst(figures),
            release: String(figures.release),
          }),
    actions: [tryNow(), ...tell(figures)],
  }),
  update: () => ({
    icon: 'update',
    word: t('wordUpdate'),
    short: t('shortUpdate'),
    title: t('titleUpdate'),
    text: t('textUpdate'),
    actions: [action('update', t('actUpdate')), action('see-chain', t('actWhy'))],
  }),
  clock: (figures) => ({
    icon: 'clock',
    word: t('wordClock'),
    short: t('shortClock'),
    title: t('titleClock'),
    text: clockText(figures),
    actions: [action('check-now', t('actClockFixed'))],
  }),
  page: ({ interference = 'focus' }, site) => page(site, interference),
  'page-covered': (_figures, site) => page(site, 'cover'),
  failed: ({ sealedBefore }) => ({
    icon: 'failed',
    word: t('wordFailed'),
    short: t('shortFailed'),
    title: sealedBefore ? t('titleFailedSealed') : t('titleFailed'),
    text: sealedBefore ? t('textFailedSealed') : t('textFailedSo'),
    actions: [action('check-now', t('actCheckAgain')), action('see-chain', t('actSeeFailed'))],
  }),
  fork: () => ({
    icon: 'fork',
    word: t('wordFork'),
    who: t('shortFork'),
    short: t('shortFork'),
    title: t('titleFork'),
    text: t('textFork'),
    actions: [],
  }),
  storage: () => ({
    icon: 'warn',
    word: t('wordStorage'),
    short: t('shortStorage'),
    title: t('titleStorage'),
    text: t('textStorage'),
    actions: [action('check-now', t('actStartAgain'))],
  }),
};

/** The words and the icon for a status. */
export function describe(status: Status, site = ''): StateText {
  const words = writers[status.id](status.figures, site);
  return { who: status.figures.service ?? words.short, ...words };
}
