import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { Chain } from '../chain/chain.tsx';
import { HistorySheet } from '../history/history-sheet.tsx';
import { t } from '../i18n/messages.ts';
import { StateIcon } from '../icons/state-icon.tsx';
import { UiIcon } from '../icons/ui-icon.tsx';
import type { Action } from '../state/actions.ts';
import { composerMode, isRefusal } from '../state/behaviour.ts';
import { describe } from '../state/describe.ts';
import type { ChatController, ChatView } from '../surfaces/chat.ts';
import { useStore } from '../use-store.ts';
import { Checking } from './checking.tsx';
import { Composer } from './composer.tsx';
import { Empty } from './empty.tsx';
import { Explanation } from './explanation.tsx';
import { Failed } from './failed.tsx';
import { Fork } from './fork.tsx';
import { FrameHead } from './frame-head.tsx';
import { Header } from './header.tsx';
import { Menu } from './menu.tsx';
import { Refusal } from './refusal.tsx';
import { Thread } from './thread.tsx';
import { Waiting } from './waiting.tsx';

/** Always there while evidence is simulated, whatever else is the matter. */
function SimulatedBand() {
  return (
    <p class="band">
      <StateIcon name="sim" size={20} />
      <span>
        <strong>{t('wordSimulated')}.</strong> {t('simulatedBandText')}
      </span>
    </p>
  );
}

/** Says a change of state once, to those who cannot see it. Alarms speak for themselves. */
function Announcer({ view }: { view: ChatView }) {
  const { word, short } = describe(view.status, view.frame?.site);
  return (
    <p class="visually-hidden" role="status">
      {view.status.id === 'failed' || view.status.id === 'fork' ? '' : `${word}. ${short}.`}
    </p>
  );
}

interface BodyProps {
  readonly view: ChatView;
  readonly controller: ChatController;
  readonly onAction: (action: Action) => void;
  readonly onChain: () => void;
}

/** The middle of the surface: the chat, or why there is none now. */
function Body({ view, controller, onAction, onChain }: BodyProps) {
  const { status, thread, frame, report } = view;
  if (status.id === 'fork') return <Fork fork={view.fork} hadDraft={view.draft !== ''} />;
  const chat = thread.length > 0 && <Thread view={view} controller={controller} />;
  if (isRefusal(status)) {
    const failed = status.id === 'failed';
    return (
      <>
        {chat}
        {failed && <Failed status={status} report={report} facts={view.logFacts} onAction={onAction} />}
        {!failed && <Refusal status={status} site={frame?.site ?? ''} onAction={onAction} />}
      </>
    );
  }
  if (chat) return chat;
  if (status.id === 'checking') return <Checking view={view} />;
  return <Empty view={view} onChain={onChain} />;
}

/** Does what a button says. */
function useActions(controller: ChatController, openChain: () => void, openMenu: () => void) {
  return useCallback(
    ({ id }: Action) => {
      const { contact } = controller.current().status.figures;
      switch (id) {
        case 'check-now':
          return controller.checkNow();
        case 'open-panel':
          return controller.openPanel();
        case 'keep-closed':
          return controller.close();
        case 'set-up':
        case 'use-here':
          return controller.open('welcome');
        case 'update':
          return controller.open('update');
        case 'other-enclave':
          return openMenu();
        case 'see-chain':
          return openChain();
        case 'tell-operator':
          if (contact !== undefined) window.open(contact, '_blank', 'noopener,noreferrer');
      }
    },
    [controller, openChain, openMenu],
  );
}

/** Chat, composer and chain: the one view of the side panel and of the sealed box in a page. */
export function ChatSurface({ controller }: { controller: ChatController }) {
  const view = useStore(controller);
  const [chain, setChain] = useState(false);
  const [history, setHistory] = useState(false);
  const openChain = useCallback(() => setChain(true), []);
  const closeChain = useCallback(() => setChain(false), []);
  const onAction = useActions(
    controller,
    openChain,
    useCallback(() => controller.open('options'), [controller]),
  );
  const { status, frame } = view;
  const fork = status.id === 'fork';
  const mode = composerMode(status);
  const folded = frame !== null && !frame.open;

  // Asked for from the popup: it opens once there is something to open, and once for each time.
  const answered = useRef(0);
  const { chainAsked } = view;
  const hasReport = view.report !== null;
  useEffect(() => {
    if (chainAsked === answered.current || !hasReport) return;
    answered.current = chainAsked;
    openChain();
  }, [chainAsked, hasReport, openChain]);

  // A fork shows over everything, the chain included.
  useEffect(() => {
    if (fork) closeChain();
  }, [fork, closeChain]);

  // A frame that no page of ours has vouched for says nothing at all.
  if (frame?.site === '') return <main class="surface" aria-label={t('frameLabel')} />;
  const canOpenChain = view.report === null || fork || folded ? null : openChain;
  const surface = ['surface', `surface-${view.surface}`, fork && 'surface-fork', folded && 'surface-folded'];
  if (chain && view.report !== null) {
    return (
      <main class={`surface surface-${view.surface}`} aria-label={t('chainTitle')}>
        <Chain view={view} report={view.report} onClose={closeChain} onCheck={() => controller.checkNow()} />
      </main>
    );
  }
  return (
    <main class={surface.filter(Boolean).join(' ')} aria-label={frame ? t('frameLabel') : t('panelLabel')}>
      <Announcer view={view} />
      {frame ? (
        <FrameHead view={view} controller={controller} onChain={canOpenChain} />
      ) : (
        <Header text={describe(status)} onOpenChain={canOpenChain}>
          {!fork && (
            <button
              type="button"
              class="icon-button header-new"
              aria-label={t('newChat')}
              onClick={() => controller.newChat()}
            >
              <UiIcon name="plus" />
            </button>
          )}
          <Menu
            view={view}
            onNewChat={() => controller.newChat()}
            onChain={canOpenChain}
            onEnclave={(service) => controller.chooseEnclave(service)}
            onHistory={view.history.state === 'none' || fork ? null : () => setHistory(true)}
            onOpen={(page) => controller.open(page)}
          />
        </Header>
      )}
      {status.simulated && <SimulatedBand />}
      {folded && !isRefusal(status) && <h1 class="visually-hidden">{t('frameLabel')}</h1>}
      {!(folded && !isRefusal(status)) && (
        <div class="scroller">
          <Body view={view} controller={controller} onAction={onAction} onChain={openChain} />
        </div>
      )}
      {mode !== 'hidden' && <Waiting view={view} controller={controller} />}
      {history && !fork && (
        <HistorySheet view={view} controller={controller} onClose={() => setHistory(false)} />
      )}
      {mode !== 'hidden' && <Composer controller={controller} view={view} />}
      {!frame && mode !== 'hidden' && <Explanation view={view} controller={controller} />}
    </main>
  );
}
