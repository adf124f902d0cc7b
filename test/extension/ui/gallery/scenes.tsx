/** Every state of every surface, by name. Sizes are those of the pictures it is compared with. */
import type { ComponentChild } from 'preact';
import { createPracticeController } from '../../../../extension/session/practice-controller.ts';
import { ChatSurface } from '../../../../extension/ui/chat/chat-view.tsx';
import { Options, type OptionsSection } from '../../../../extension/ui/options/options-view.tsx';
import { Popup } from '../../../../extension/ui/popup/popup-view.tsx';
import { Store } from '../../../../extension/ui/store.ts';
import type { ChatController, ChatView } from '../../../../extension/ui/surfaces/chat.ts';
import type { OptionsController, OptionsView } from '../../../../extension/ui/surfaces/options.ts';
import type { PopupController, PopupView } from '../../../../extension/ui/surfaces/popup.ts';
import type { StateId } from '../../../../extension/ui/surfaces/status.ts';
import type { WelcomeController } from '../../../../extension/ui/surfaces/welcome.ts';
import { Practice } from '../../../../extension/ui/welcome/practice.tsx';
import { Welcome } from '../../../../extension/ui/welcome/welcome-view.tsx';
import * as fixture from './fixtures.ts';

export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly draw: () => ComponentChild;
  /** Put the keyboard into the composer. */
  readonly typing?: boolean;
  /** Name of a button to press before looking. */
  readonly press?: readonly string[];
  /** Words in the head of what is to be unfolded before looking. */
  readonly unfold?: string;
}

const nothing = () => {};

function controller(view: ChatView): ChatController {
  const store = new Store(view);
  return Object.assign(store, {
    edit: (draft: string) => store.update({ draft }),
    send: nothing,
    stop: nothing,
    retry: nothing,
    receipt: () => null,
    attach: nothing,
    detach: (id: string) =>
      store.update({ attachments: store.current().attachments.filter((file) => file.id !== id) }),
    editLast: nothing,
    cancelEdit: nothing,
    changeSetup: (setup: ChatView['setup']) => store.update({ setup }),
    leaveOutOldest: nothing,
    unlockHistory: nothing,
    lockHistory: nothing,
    openChat: nothing,
    deleteChat: nothing,
    takeWaiting: nothing,
    dropWaiting: nothing,
    newChat: nothing,
    checkNow: nothing,
    openPanel: nothing,
    chooseEnclave: nothing,
    setTyping: nothing,
    open: nothing,
    setOpen: nothing,
    close: nothing,
  });
}

type Extra = Omit<Scene, 'width' | 'height' | 'draw'> & { readonly width?: number; readonly height?: number };

function chat(change: Partial<ChatView>, extra: Extra = {}): Scene {
  const view: ChatView = { ...fixture.view, ...change };
  return { width: 380, height: 760, draw: () => <ChatSurface controller={controller(view)} />, ...extra };
}

const silentFor = (id: StateId, hours: number) =>
  fixture.status(id, { figures: { ...fixture.figures, hours } });
const paused = (id: StateId, more: Partial<ChatView> = {}): Scene =>
  chat({ status: fixture.status(id), draft: fixture.draft, ...more });

const { report, figures } = fixture;
const firstRows = report.rows.filter(({ id }) =>
  ['evidence', 'machine', 'collateral', 'platform', 'binding', 'log'].includes(id),
);
const asked = {
  kind: 'own',
  id: 'q',
  text: 'My blood pressure is in pressure.csv. Weekly average, offline?',
} as const;
const simulated = fixture.status('simulated', {
  simulated: true,
  figures: { ...figures, service: 'localhost:8443', operator: 'Demo' },
});
const silent = fixture.status('cannot-reach', {
  figures: { ...figures, retryAt: fixture.now + 8_000, logAnsweredAt: fixture.now - 60_000 },
});
const frame = (open: boolean) => ({ site: 'parley.example', open });
const fork = {
  log: 'log.waxseal.example/2026',
  code: 'WAX_LOG_FORK',
  sameUntil: 4171,
  first: { seenAt: Date.parse('2026-11-22T09:12:00Z') },
  second: { seenAt: Date.parse('2026-11-22T14:01:00Z') },
  document: '{}',
};

const chats = {
  empty: chat({}, { typing: true }),
  checking: chat(
    {
      status: fixture.status('checking'),
      progress: { phase: 'verifying', rows: firstRows },
      report: null,
      draft:
        'My landlord wants to keep my whole deposit because of scuffed walls. I lived there four years. Can he',
    },
    { typing: true },
  ),
  chat: chat(
    {
      thread: [
        asked,
        {
          kind: 'answer',
          id: 'a',
          text: fixture.python,
          outcome: 'complete',
          figures: fixture.answerFigures,
        },
      ],
      draft: 'And the low one in the same line?',
    },
    { typing: true },
  ),
  'chat-unlit': chat({
    thread: [asked, { kind: 'answer', id: 'a', text: fixture.rich, outcome: 'complete' }],
  }),
  streaming: chat(
    {
      thread: [
        { kind: 'own', id: 'q', text: fixture.draft },
        { kind: 'session', id: 's', checkedAt: Date.parse('2026-11-22T14:01:00Z'), restarted: false },
        { kind: 'answer', id: 'a', text: fixture.arriving, outcome: 'streaming' },
      ],
    },
    { typing: true },
  ),
  incomplete: chat({
    thread: [
      { kind: 'own', id: 'q', text: fixture.draft },
      { kind: 'answer', id: 'a', text: fixture.arriving, outcome: 'incomplete', receipt: true },
      { kind: 'session', id: 's', checkedAt: fixture.now, restarted: true },
      { kind: 'answer', id: 'b', text: '', outcome: 'engine-error', reason: 'engine-failed', receipt: true },
    ],
  }),
  'no-answer': chat({
    status: silent,
    thread: [asked, { kind: 'answer', id: 'a', text: '', outcome: 'incomplete' }],
    draft: 'And the low one in the same line?',
  }),
  'too-long': chat({
    thread: [
      asked,
      { kind: 'answer', id: 'a', text: fixture.arriving, outcome: 'complete' },
      { kind: 'too-long', id: 't', words: 5200, limit: 4000, refusedInside: false, oldest: 2 },
    ],
    draft: fixture.draft,
  }),
  'left-out': chat({
    thread: [
      asked,
      { kind: 'answer', id: 'a', text: 'It was 131.', outcome: 'complete' },
      { kind: 'cut', id: 'c' },
      { kind: 'own', id: 'r', text: fixture.draft },
      {
        kind: 'answer',
        id: 'b',
        text: fixture.arriving,
        outcome: 'complete',
        figures: { ...fixture.answerFigures, atLimit: true },
      },
    ],
  }),
  'two-chats': chat({
    thread: [
      asked,
      { kind: 'answer', id: 'a', text: 'It was 131.', outcome: 'complete' },
      { kind: 'moved', id: 'm', site: 'parley.example' },
    ],
    waiting: [{ site: 'letters.example' }],
  }),
  waiting: chat(
    {
      thread: [
        { ...asked, files: [fixture.csv] },
        { kind: 'answer', id: 'a', text: '', outcome: 'streaming', askedAt: fixture.now - 4_000 },
      ],
    },
    { typing: true },
  ),
  sending: chat({ draft: fixture.draft, sending: true }, { typing: true }),
  attached: chat(
    {
      draft: 'Weekly average, offline?',
      attachments: [
        fixture.csv,
        { ...fixture.csv, id: 'f2', name: 'notes from the clinic, autumn 2026.txt' },
      ],
      fileRefusal: { name: 'scan.pdf', reason: 'not-text', code: 'WAX_CHAT_FILE_TEXT' },
    },
    { typing: true },
  ),
  editing: chat(
    {
      thread: [
        asked,
        { kind: 'answer', id: 'a', text: 'Yes.', outcome: 'complete', figures: fixture.answerFigures },
      ],
      draft: asked.text,
      editing: asked.id,
    },
    { typing: true },
  ),
  'history-locked': chat(
    { history: { ...fixture.view.history, state: 'locked', problem: 'WAX_HISTORY_PASSPHRASE' } },
    { press: ['More', 'Past chats'] },
  ),
  'history-open': chat(
    {
      history: {
        ...fixture.view.history,
        state: 'open',
        current: 'a1',
        chats: [
          { id: 'a1', title: asked.text, updatedAt: fixture.now - 60_000 },
          { id: 'a2', title: fixture.draft, updatedAt: fixture.now - 26 * 3_600_000 },
        ],
      },
    },
    { press: ['More', 'Past chats'] },
  ),
  drawer: chat(
    {
      report: {
        ...report,
        models: [
          ...report.models,
          { id: 'maple-70b', sha256: `7f${'3a'.repeat(31)}`, contextTokens: 32_768, maxOutputTokens: 4096 },
        ],
      },
      setup: { ...fixture.view.setup, system: 'Answer in short sentences.', temperature: 0.4 },
    },
    { press: ['Model and settings'], height: 960 },
  ),
  simulated: chat(
    {
      status: simulated,
      report: fixture.simulatedReport,
      thread: [
        { kind: 'own', id: 'q', text: 'Is this safe to use with my bank statements?' },
        {
          kind: 'answer',
          id: 'a',
          text: '**No.** You are talking to a practice enclave on this computer. It follows every step of the real thing, but there is no protected chip behind it.\n\nIt is good for:\n\n- trying Waxseal in the first five minutes\n- building a web chat against it',
          outcome: 'complete',
        },
      ],
    },
    { typing: true },
  ),
  'simulated-empty': chat({ status: simulated, report: fixture.simulatedReport }),
  failed: paused('failed', { report: fixture.failedReport }),
  'failed-in-chat': paused('failed', {
    report: fixture.failedReport,
    thread: [asked, { kind: 'answer', id: 'a', text: fixture.arriving, outcome: 'complete' }],
  }),
  fork: chat({ status: fixture.status('fork'), fork, draft: fixture.draft }),
  'cannot-reach': paused('cannot-reach', { status: silent }),
  update: paused('update', {
    status: fixture.status('update', { figures: { ...figures, version: { have: '1.4.2', need: '1.5.0' } } }),
  }),
  clock: paused('clock', {
    status: fixture.status('clock', {
      figures: {
        ...figures,
        witnessTime: {
          at: Date.parse('2026-11-22T14:01:00Z'),
          localAt: Date.parse('2025-11-22T14:02:00Z'),
          agree: 3,
        },
      },
    }),
  }),
  stale: paused('stale'),
  'not-understood': paused('not-understood'),
  busy: paused('busy', {
    status: fixture.status('busy', { figures: { ...figures, retryAt: fixture.now + 20_000 } }),
  }),
  'log-unreachable': chat({
    status: fixture.status('log-unreachable', { figures: { ...figures, hoursLeft: 21 } }),
    thread: [asked],
  }),
  'log-unreachable-paused': paused('log-unreachable', { status: silentFor('log-unreachable', 26) }),
  'log-too-old': paused('log-too-old', { status: silentFor('log-too-old', 26) }),
  papers: paused('papers'),
  retired: paused('retired'),
  storage: paused('storage', { draft: '' }),
  'not-set-up': chat({ status: fixture.status('not-set-up'), report: null, seal: null }),
  'not-granted': chat({ status: fixture.status('not-granted'), report: null }),
  imported: chat(
    {
      status: fixture.status('sealed-imported', {
        figures: { ...figures, service: 'ai.cityhospital.example', operator: 'City Hospital' },
      }),
      thread: [
        { kind: 'own', id: 'q', text: 'How long may I take ibuprofen after a tooth is pulled?' },
        {
          kind: 'answer',
          id: 'a',
          text: 'Usually **two to three days**, with food, at the lowest dose that helps.\n\nAsk the clinic first if you:\n\n- have had a stomach ulcer\n- take blood thinners\n- are pregnant\n\nCall us if pain gets worse after day three.',
          outcome: 'complete',
        },
      ],
      draft: 'I take a blood thinner',
    },
    { typing: true, width: 300, height: 700 },
  ),
  grace: chat({
    status: fixture.status('sealed-grace', {
      figures: { ...figures, endsAt: Date.parse('2026-12-06T00:00:00Z') },
    }),
  }),
  'frame-collapsed': chat({ surface: 'frame', frame: frame(false) }, { width: 640, height: 142 }),
  'frame-open': chat(
    {
      surface: 'frame',
      frame: frame(true),
      thread: [asked, { kind: 'answer', id: 'a', text: fixture.python, outcome: 'complete' }],
      draft: 'And the low one in the same line?',
    },
    { width: 480, height: 716, typing: true },
  ),
  'frame-page': chat(
    { surface: 'frame', frame: frame(false), status: fixture.status('page') },
    { width: 640, height: 300 },
  ),
  ...Object.fromEntries(
    (['move', 'remove', 'block'] as const).map((interference) => [
      `frame-page-${interference}`,
      chat(
        {
          surface: 'frame',
          frame: frame(false),
          status: fixture.status('page', { figures: { ...figures, interference } }),
        },
        { width: 640, height: 300 },
      ),
    ]),
  ),
  'frame-page-covered': chat(
    { surface: 'frame', frame: frame(false), status: fixture.status('page-covered') },
    { width: 640, height: 300 },
  ),
  chain: chat({}, { press: ['Sealed', 'publishers approved'], height: 1500 }),
  'chain-wide': chat({}, { press: ['Sealed'], width: 1120, height: 900 }),
  'chain-relay': chat(
    { status: fixture.status('sealed', { figures: { ...figures, relay: fixture.relay } }) },
    { press: ['Sealed'], height: 1730 },
  ),
  'chain-failed': paused('failed', { report: fixture.failedReport }),
  'chain-simulated': chat(
    { status: simulated, report: fixture.simulatedReport },
    { press: ['Simulated', 'simulator'], height: 1400 },
  ),
  menu: chat({}, { press: ['More'] }),
  explanation: chat({}, { press: ['What can the operator'] }),
  link: chat(
    { thread: [{ kind: 'answer', id: 'a', text: fixture.rich, outcome: 'complete' }] },
    { press: ['the guide'] },
  ),
} satisfies Record<string, Scene>;

const popupView: PopupView = {
  status: fixture.status('sealed'),
  site: { host: 'parley.example', granted: true, boxOpen: true },
  checkedAt: fixture.now - 60_000,
  report,
  fork: null,
  requests: [],
};

function popup(change: Partial<PopupView>): Scene {
  const actions: Omit<PopupController, 'current' | 'subscribe'> = {
    openPanel: nothing,
    useHere: nothing,
    stopHere: nothing,
    checkNow: nothing,
    seeChecks: nothing,
    write: nothing,
    open: nothing,
  };
  const store = Object.assign(new Store({ ...popupView, ...change }), actions);
  return { width: 320, height: 340, draw: () => <Popup controller={store} /> };
}

const popups = {
  'popup-not-granted': popup({
    status: { ...fixture.status('not-granted'), figures: {} },
    site: { host: 'parley.example', granted: false, boxOpen: false },
  }),
  'popup-no-site': popup({ status: { ...fixture.status('not-granted'), figures: {} }, site: null }),
  'popup-sealed': popup({}),
  'popup-failed': popup({ status: fixture.status('failed'), report: fixture.failedReport, site: null }),
  'popup-simulated': popup({ status: simulated, report: fixture.simulatedReport }),
  'popup-adapter': {
    ...popup({
      status: fixture.status('adapter'),
      site: { host: 'parley.example', granted: true, boxOpen: false },
      requests: [
        { at: fixture.now - 20_000, status: fixture.status('adapter') },
        { at: fixture.now - 70_000, status: { ...fixture.status('adapter'), simulated: true } },
        { at: fixture.now - 190_000, status: fixture.status('failed') },
      ],
    }),
    height: 660,
  },
  'popup-fork': { ...popup({ status: fixture.status('fork'), fork }), height: 620 },
  'popup-papers': popup({ status: fixture.status('papers') }),
};

function welcome(begin: 1 | 2 | 3 | 4, press: readonly string[] = []): Scene {
  const controls: Omit<WelcomeController, 'current' | 'subscribe'> = {
    setSeal: nothing,
    finish: nothing,
    practise: () => createPracticeController(fixture.seed),
    openOptions: nothing,
  };
  const store = Object.assign(new Store({ seal: fixture.seed, domain: 'Waxseal' }), controls);
  return { width: 1000, height: 640, draw: () => <Welcome controller={store} begin={begin} />, press };
}

const welcomes = {
  'welcome-1': welcome(1),
  'welcome-2': welcome(2),
  'welcome-3': welcome(3),
  'welcome-4': welcome(4),
  'welcome-4-answer': welcome(4, ['Box A']),
  practice: {
    width: 1100,
    height: 760,
    draw: () => <Practice controller={createPracticeController(fixture.seed)} onEnd={nothing} />,
  },
};

function options(
  begin: OptionsSection,
  change: Partial<OptionsView> = {},
  press: readonly string[] = [],
): Scene {
  const controls: Omit<OptionsController, 'current' | 'subscribe'> = {
    offerImport: nothing,
    acceptImport: nothing,
    declineImport: nothing,
    demand: nothing,
    removeDomain: nothing,
    dismissEvidence: nothing,
    chooseEnclave: nothing,
    removeSite: nothing,
    setAdapter: nothing,
    createHistory: nothing,
    changePassphrase: nothing,
    deleteHistory: nothing,
    setPreferences: nothing,
    forget: nothing,
    setSeal: nothing,
    openWelcome: nothing,
  };
  const store = Object.assign(new Store({ ...fixture.options, ...change }), controls);
  return { width: 1120, height: 980, draw: () => <Options controller={store} begin={begin} />, press };
}

const optionPages = {
  'options-trust': options('trust', { candidate: fixture.candidate }),
  'options-domain': { ...options('trust', { builtIn: fixture.relayed, imported: [] }), unfold: 'Waxseal' },
  'options-demands': {
    ...options('trust', { builtIn: fixture.demanding, imported: [] }),
    unfold: 'Waxseal',
    height: 1240,
  },
  'options-relay': { ...options('trust', { candidate: fixture.relayCandidate }), height: 1060 },
  'options-refused': options('trust', {
    refusal: { code: 'WAX_POLICY_FORM', reason: 'WAX_JSON_SHAPE', place: 'witnesses[0].key' },
  }),
  'options-enclaves': options('enclaves'),
  'options-sites': options('sites'),
  'options-seal': options('seal', {}, ['Change my seal']),
  'options-history': options('history'),
  'options-history-on': options('history', {
    history: { state: 'on', busy: false, problem: 'WAX_HISTORY_PASSPHRASE', done: null },
  }),
  'options-looks': options('looks'),
  'options-data': options('data'),
  'options-about': options('about'),
};

export const scenes: Readonly<Record<string, Scene>> = {
  ...chats,
  ...popups,
  ...welcomes,
  ...optionPages,
  'chain-failed': { ...chats['chain-failed'], press: ['See what failed'], height: 1300 },
};
