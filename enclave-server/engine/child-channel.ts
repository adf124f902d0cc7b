/**
 * The engine process's end of its line to the server: JSON objects, one a line, over a socket that it was given.
 * Not Node.js' own channel between processes, which holds a message of any length before anybody can refuse it.
 * @module
 */
import { Socket } from 'node:net';
import { Lines } from './lines.ts';
import { CHANNEL, type EngineCommand, type SentReport } from './messages.ts';

/** Calls `onCommand` for each command of the server and `onEnd` when it is gone; gives what sends reports. */
export function openChannel(
  onCommand: (command: EngineCommand) => void,
  onEnd: () => void,
): (report: SentReport) => void {
  const socket = new Socket({ fd: CHANNEL, readable: true, writable: true });
  // The server has bounded what it sends.
  const lines = new Lines(Number.POSITIVE_INFINITY);
  socket.on('error', onEnd).on('close', onEnd);
  socket.on('data', (bytes) => {
    for (const line of lines.push(bytes)) onCommand(JSON.parse(line));
  });
  return (report) => {
    socket.write(`${JSON.stringify(report)}\n`);
  };
}
