import type { ChatView } from '../ui/surfaces/chat.ts';
import type { Status } from '../ui/surfaces/status.ts';
import { plainSetup } from './chat-setup.ts';

/** A chat view before anything is known. */
export function initialView(kind: 'panel' | 'frame', status: Status): ChatView {
  return {
    surface: kind,
    status,
    progress: null,
    thread: [],
    draft: '',
    attachments: [],
    fileRefusal: null,
    editing: null,
    sending: false,
    setup: plainSetup,
    history: { state: 'none', busy: false, chats: [], current: null, problem: null },
    logFacts: null,
    lastTime: null,
    chainAsked: 0,
    report: null,
    fork: null,
    seal: null,
    waiting: [],
    enclaves: [],
    explorer: null,
    frame: kind === 'frame' ? { site: '', open: false } : null,
  };
}
