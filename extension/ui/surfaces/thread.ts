/** What a chat consists of, from top to bottom. */

/** A text file that goes with a message. */
export interface Attachment {
  readonly id: string;
  /** Its name, cleaned of everything that could make it look like another. */
  readonly name: string;
  readonly text: string;
  /** Its length in UTF-8. */
  readonly bytes: number;
}

export interface OwnMessage {
  readonly kind: 'own';
  readonly id: string;
  readonly text: string;
  readonly files?: readonly Attachment[];
}

/** What an answer took. Times are milliseconds as this computer saw them, tokens as the enclave counted. */
export interface AnswerFigures {
  readonly promptTokens: number;
  readonly answerTokens: number;
  readonly tookMs: number;
  /** The answer ended because it had reached its length limit. */
  readonly atLimit: boolean;
}

export interface AnswerMessage {
  readonly kind: 'answer';
  readonly id: string;
  /** Markdown as it came so far. Grows while `outcome` is `streaming`. */
  readonly text: string;
  readonly outcome: 'streaming' | 'complete' | 'stopped' | 'incomplete' | 'engine-error';
  /** Which error of a turn (wire-format.md B8) the engine named, from inside the seal. */
  readonly reason?: string;
  /** When the question went out, sealed. */
  readonly askedAt?: number;
  readonly figures?: AnswerFigures;
  /** A receipt can be saved (docs/receipts.md); not for answers out of the history. */
  readonly receipt?: true;
}

/** A line in the thread that tells of a new session. */
interface SessionLine {
  readonly kind: 'session';
  readonly id: string;
  readonly checkedAt: number;
  readonly restarted: boolean;
}

/** The chat no longer fits the model, and nothing of it was cut. Counts are words, rounded. */
export interface TooLongLine {
  readonly kind: 'too-long';
  readonly id: string;
  readonly words: number;
  readonly limit: number;
  /** The enclave counted and refused, inside the seal; otherwise nothing left this computer. */
  readonly refusedInside: boolean;
  /** How many of the oldest messages would have to be left out; 0 if there are none to leave out. */
  readonly oldest: number;
}

/** The person left out everything above this line; it is shown, but no longer sent. */
interface CutLine {
  readonly kind: 'cut';
  readonly id: string;
}

/** What stands above came here from the box in a page of this host. */
interface MovedLine {
  readonly kind: 'moved';
  readonly id: string;
  readonly site: string;
}

export type ThreadItem = OwnMessage | AnswerMessage | SessionLine | TooLongLine | CutLine | MovedLine;
