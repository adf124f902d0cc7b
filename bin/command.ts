/** What every command of `waxseal` is, and how it ends. */

/** Exit codes shared by all commands; a command's help names those it uses. */
export const exitCodes = {
  ok: 0,
  /** A check said no: evidence rejected, a finding in an audit, a refused verification. */
  rejected: 10,
  /** Something could not be reached; nothing was found wrong. */
  unreachable: 20,
  /** The command line or an input file is malformed. */
  usage: 30,
} as const;

export interface Command {
  /** The words that select it, such as `log serve`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The whole text of `waxseal NAME --help`: usage, options, examples, exit codes. */
  readonly help: string;
  /** Runs with the arguments after the name; resolves to the exit code. Throws CodedError for bad input. */
  run(args: string[]): Promise<number>;
}
