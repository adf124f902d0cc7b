/** The first run, and the practice page that may follow it. */
import type { Observable } from '../store.ts';
import type { ChatController } from './chat.ts';

/** What the first run knows. */
export interface WelcomeView {
  readonly seal: Uint8Array | null;
  /** Name of the built-in trust domain; null where none is built in. */
  readonly domain: string | null;
}

/** Implemented by extension/session/welcome-controller.ts: `createWelcomeController()`. */
export interface WelcomeController extends Observable<WelcomeView> {
  /** Keeps the chosen seal. */
  setSeal(seed: Uint8Array): void;
  /** The lesson was passed; `place` is where the person wants to write. Called inside a click. */
  finish(place: 'panel' | 'box'): void;
  /** The lesson was passed, and the practice page follows. */
  practise(): PracticeController;
  openOptions(): void;
}

/** A chat with nobody, on the practice page. */
export interface PracticeController extends ChatController {
  /** Does what a page that takes the keyboard away causes. */
  interfere(): void;
}
