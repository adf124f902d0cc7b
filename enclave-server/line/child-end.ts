/**
 * A child process's end of its line to the server: JSON objects, one a line, over a socket that it was given.
 * Not Node.js' own channel between processes, which holds a message of any length before anybody can refuse it.
 * @module
 */
import { Socket } from 'node:net';
import { LINE_FD, Lines } from './lines.ts';

/** Calls `onCommand` for each command of the server and `onEnd` when it is gone; gives what sends to it. */
export function openLine<Command, Report extends object>(
  onCommand: (command: Command) => void,
  onEnd: () => void,
): (report: Report) => void {
  const socket = new Socket({ fd: LINE_FD, readable: true, writable: true });
  // The server has bounded what it sends.
  const lines = new Lines(Number.POSITIVE_INFINITY);
  socket.on('error', onEnd).on('close', onEnd);
  socket.on('data', (bytes) => {
    for (const line of lines.push(bytes)) onCommand(JSON.parse(line));
  });
  let gathering = false;
  return (report) => {
    // What is said in one turn of the event loop, such as a token for each of many chats, leaves in one piece.
    if (!gathering) {
      socket.cork();
      setImmediate(() => {
        gathering = false;
        socket.uncork();
      });
    }
    gathering = true;
    socket.write(`${JSON.stringify(report)}\n`);
  };
}
