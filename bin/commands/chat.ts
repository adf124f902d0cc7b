/** `waxseal chat`: a sealed chat from a terminal or a script. */
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { type ChatMessage, chatRequest } from '../../extension/session/chat-request.ts';
import type { ChatSession } from '../../extension/session/chat-session.ts';
import type { TurnResult } from '../../extension/session/chat-status.ts';
import type { VerificationReport } from '../../protocol/report.ts';
import { type ClientValues, clientHelp, clientOptions, openClient } from '../client.ts';
import { clientCommandError } from '../client-errors.ts';
import { type Command, exitCodes } from '../command.ts';
import { reportLines } from '../report-text.ts';
import { serve } from '../serve/serve.ts';

const options = {
  ...clientOptions,
  receipt: { type: 'string' },
  serve: { type: 'string' },
  'api-key': { type: 'string' },
} as const;

type ChatValues = ClientValues & { receipt?: string; json: boolean };

interface Answer {
  /** Makes the receipt; null unless the enclave has proven that it read the prompt. */
  receipt: (() => string) | null;
  text: string;
  result: TurnResult;
  report: VerificationReport | null;
}

/** Sends the conversation and hands on the answer as it is authenticated. */
async function ask(
  client: ChatSession,
  messages: readonly ChatMessage[],
  write: (text: string) => void,
): Promise<Answer> {
  if (client.status.phase === 'idle') await client.check();
  const model = client.status.report?.models[0]?.id ?? '';
  let text = '';
  let receipt: Answer['receipt'] = null;
  const result = await client.send(chatRequest({ model, messages }), {
    onEvent: (event) => {
      if (event.kind !== 'text') return;
      text += event.text;
      write(event.text);
    },
    onReceipt: (make) => {
      receipt = make;
    },
  });
  return { receipt, text, result, report: client.status.report };
}

/** What to tell a person about a turn that did not end well; null for one that did. */
function explain({ result, report }: Answer): string | null {
  switch (result.state) {
    case 'complete':
      return null;
    case 'refused':
      return [...(report ? reportLines(report) : []), '', 'Refused. Your message was not sent.'].join('\n');
    case 'unreachable':
      return `No answer. Nothing failed a check. ${result.failure.error.message}`;
    case 'failed':
      return `The model could not answer: ${result.error}.`;
    case 'too-long':
      return 'Too long for this service. Nothing was sent.';
    case 'stopped':
      return 'Stopped.';
    case 'cut-off':
      return 'The answer stopped early. What you see may be incomplete.';
  }
}

/** Keeps the receipt of an answer, in place of one that was there. */
async function keepReceipt({ receipt }: Answer, path: string | undefined): Promise<void> {
  if (path === undefined || receipt === null) return;
  await writeFile(path, receipt()).catch((cause) => {
    throw clientCommandError('WAX_CLIENTCOMMAND_FILE', path, { cause });
  });
}

function exitCodeOf({ state }: TurnResult): number {
  if (state === 'complete') return exitCodes.ok;
  return state === 'refused' ? exitCodes.rejected : exitCodes.unreachable;
}

/** One prompt, one answer. */
async function once(client: ChatSession, prompt: string, values: ChatValues): Promise<number> {
  const { json } = values;
  const answer = await ask(client, [{ role: 'user', content: prompt }], (text) => {
    if (!json) process.stdout.write(text);
  });
  await keepReceipt(answer, values.receipt);
  const problem = explain(answer);
  if (json) {
    const { state } = answer.result;
    console.log(JSON.stringify({ state, answer: answer.text, report: answer.report }));
  } else {
    if (answer.text !== '') process.stdout.write('\n');
    if (problem !== null) console.error(problem);
  }
  return exitCodeOf(answer.result);
}

/** A conversation, until the end of the input. */
async function converse(client: ChatSession, values: ChatValues): Promise<number> {
  const messages: ChatMessage[] = [];
  let code: number = exitCodes.ok;
  const status = await client.check();
  if (status.report) {
    const { verdict, simulated, service } = status.report;
    if (verdict === 'fail') console.error(reportLines(status.report).join('\n'));
    else
      console.error(
        simulated ? 'Simulated, not private. Its operator can read it.' : `Sealed to ${service}.`,
      );
  }
  // Opened only now: lines that come before anybody listens would be lost.
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // A script's input has ended before its lines are read, and a closed terminal takes no prompt.
  const invite = () => {
    if (process.stdin.isTTY) terminal.prompt();
  };
  terminal.setPrompt('> ');
  invite();
  for await (const line of terminal) {
    const prompt = line.trim();
    if (prompt !== '') {
      messages.push({ role: 'user', content: prompt });
      const answer = await ask(client, messages, (text) => process.stdout.write(text));
      process.stdout.write('\n');
      await keepReceipt(answer, values.receipt);
      const problem = explain(answer);
      if (problem !== null) console.error(problem);
      // What was not answered is not part of the conversation.
      if (answer.result.state === 'complete') messages.push({ role: 'assistant', content: answer.text });
      else messages.pop();
      code = exitCodeOf(answer.result);
    }
    invite();
  }
  return code;
}

export const chatCommand: Command = {
  name: 'chat',
  summary: 'chat with an enclave service, every check first',
  help: `Usage: waxseal chat URL [PROMPT] --domain FILE [OPTIONS]
       waxseal chat URL --serve PORT --domain FILE [--api-key FILE] [OPTIONS]

Checks the service at URL as the extension does, seals PROMPT to it and prints the answer. Without PROMPT it
reads prompts line by line and keeps the conversation in memory until the input ends. If a check fails, nothing
is sent.

With --serve it answers programs on this computer in the form of OpenAI's API, at http://127.0.0.1:PORT/v1, and
verifies and seals what they ask: chat completions, embeddings, models. docs/openai-api.md says what it takes.

Options:
${clientHelp}
  --receipt FILE      keep the receipt of the (newest) answer, for \`waxseal verify --receipt FILE\`; it holds
                      neither prompt nor answer
  --serve PORT        serve OpenAI's API on this port of the loopback interface, 0 for any, until interrupted
  --api-key FILE      with --serve: answer only programs that give this key, alone in a file

Examples:
  waxseal chat https://chat.fernhill.example "Explain attestation" --domain fernhill.json
  waxseal chat https://chat.fernhill.example --serve 11500 --domain fernhill.json

Exit codes: 0 answered in full or served until interrupted, 10 a check failed, 20 no or no whole answer, 30 usage.`,
  async run(args) {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
    const [url, prompt] = positionals;
    const { serve: port, 'api-key': key } = values;
    const mixed =
      port === undefined ? key !== undefined : prompt !== undefined || values.receipt !== undefined;
    if (mixed) throw clientCommandError('WAX_CLIENTCOMMAND_OPTION', '--serve');
    if (port !== undefined) return serve(url, { ...values, serve: port });
    const client = await openClient(url, values);
    try {
      return await (prompt === undefined ? converse(client, values) : once(client, prompt, values));
    } finally {
      client.close();
    }
  },
};
