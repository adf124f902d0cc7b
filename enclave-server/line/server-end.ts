/**
 * The server's end of the line to a process of its own. Who is at the other end may have been taken over: what comes
 * is bounded before it is held, read in parts with a look at the timers in between, and whatever is wrong with it
 * ends the line for good.
 * @module
 */
import type { ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { LINE_FD, Lines } from './lines.ts';

/** As much at once means that more lies there already. */
const BURST_BYTES = 32_768;

export interface LineOptions {
  /** Bytes of the longest message. */
  longest: number;
  /** Takes one message, narrowed by nobody yet. What it throws ends the line. */
  onMessage: (message: unknown) => void;
  /** The line was ended because of what came; nothing that came besides is looked at. */
  onBroken: () => void;
}

export class ServerEnd {
  /** Null where the process could not be made at all. */
  readonly #socket: Duplex | null;

  /** The child must have been started with a pipe at `LINE_FD`. */
  constructor(child: ChildProcess, { longest, onMessage, onBroken }: LineOptions) {
    const { stdio }: { stdio: ChildProcess['stdio'] | undefined } = child;
    this.#socket = (stdio?.[LINE_FD] ?? null) as Duplex | null;
    const lines = new Lines(longest);
    // A closing line reports its error here; the end of the process is its owner's to see.
    this.#socket?.on('error', () => {});
    this.#socket?.on('data', (bytes: Buffer) => {
      try {
        for (const line of lines.push(bytes)) onMessage(JSON.parse(line));
      } catch {
        this.#socket?.destroy();
        onBroken();
        return;
      }
      if (bytes.length >= BURST_BYTES) this.#breathe();
    });
  }

  /** Lets the timers have their turn before the next part of a burst. */
  #breathe(): void {
    this.#socket?.pause();
    setImmediate(() => this.#socket?.resume());
  }

  /** Sends an object, if anybody is there. */
  send(message: object): void {
    if (this.#socket?.writable) this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  /** Tells the process that the server is done with it. */
  end(): void {
    this.#socket?.end();
  }

  /** Lets go of the line at once. */
  destroy(): void {
    this.#socket?.destroy();
  }
}
