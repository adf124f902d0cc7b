/** People who ask the same question, sealed or in the clear, and how fast the answers come. */
import { chat, openSession, postTurn } from '../../support/enclave.ts';

interface Piece {
  at: number;
  characters: number;
}

/** One answer, by the clock of this process in milliseconds. */
export interface Timing {
  begun: number;
  pieces: Piece[];
  tokens: number;
}

/** Makes ready for a question, and gives what sends it. */
export type Ask = () => Promise<() => Promise<Timing>>;

export function askSealed(url: string, question: string): Ask {
  return async () => {
    const { client } = await openSession(url);
    return async () => {
      const begun = performance.now();
      const { body, path, reply } = client.startTurn(chat(question));
      const pieces: Piece[] = [];
      const response = await postTurn(url, path, body);
      for await (const chunk of response.body ?? []) {
        const said = reply.push(chunk).flatMap((event) => (event.kind === 'text' ? [event.text] : []));
        if (said.length > 0) pieces.push({ at: performance.now(), characters: said.join('').length });
      }
      const outcome = reply.close();
      if (outcome.state !== 'complete') throw new Error(`sealed: ${outcome.state}`);
      return { begun, pieces, tokens: outcome.summary.usage.completion_tokens };
    };
  };
}

export function askInTheClear(url: string, content: string): Ask {
  return async () => async () => {
    const begun = performance.now();
    const pieces: Piece[] = [];
    const body = JSON.stringify({ content, temperature: 0, seed: 1 });
    const response = await fetch(url, { method: 'POST', body });
    let end = '';
    for await (const chunk of response.body ?? []) {
      const [text = '', tokens] = Buffer.from(chunk).toString().split('\0');
      if (text !== '') pieces.push({ at: performance.now(), characters: text.length });
      end = tokens ?? end;
    }
    return { begun, pieces, tokens: Number(end) };
  };
}

/**
 * Tokens a second of all people together while all of them are being answered. How long an answer gets is chance where
 * answers are computed side by side, and who is alone at the end has the engine to himself: so neither counts. Each
 * person's rate is taken from one piece to another, which is fair to pieces that come at a beat.
 */
export function tokenRate(rounds: readonly Timing[][]): number {
  let [tokens, ms] = [0, 0];
  for (const round of rounds) {
    const from = Math.max(...round.map(({ pieces }) => pieces[0]?.at ?? 0));
    const to = Math.min(...round.map(({ pieces }) => pieces.at(-1)?.at ?? 0));
    if (to <= from) continue;
    const rates = round.map((timing) => {
      const [first, ...rest] = timing.pieces.filter(({ at }) => at >= from && at <= to);
      const last = rest.at(-1);
      if (!first || !last) return 0;
      const count = (pieces: readonly Piece[]) => pieces.reduce((sum, { characters }) => sum + characters, 0);
      return (timing.tokens * count(rest)) / count(timing.pieces) / (last.at - first.at);
    });
    // A round counts for as long as it lasted.
    tokens += (to - from) * rates.reduce((sum, rate) => sum + rate, 0);
    ms += to - from;
  }
  return (1000 * tokens) / ms;
}
