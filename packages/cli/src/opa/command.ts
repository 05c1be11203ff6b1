import { applyEnvironment, FlagError, type FlagSpec, type Flags, parseFlags } from "./flags.ts";
import { helpFlag, helpText, usageText } from "./help-text.ts";

/** What a command may know of the process that runs it. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** All of standard input. */
  readonly stdin: () => string;
  /** The lines of standard input, each as soon as it is there; without it they are those of `stdin`. */
  readonly lines?: () => AsyncIterable<string>;
  /** True when somebody types at a terminal. */
  readonly isInteractive?: boolean;
  readonly env: { readonly [name: string]: string | undefined };
}

/** One call of a command: its arguments, its flags, its surroundings. */
export interface Call {
  readonly args: readonly string[];
  readonly flags: Flags;
  readonly terminal: Terminal;
}

/** A command of `sallyport opa`, or of another program that we stand in for. */
export interface OpaCommand {
  /** What follows `sallyport`, where that is not `opa`. */
  readonly program?: string;
  /** `eval`; of commands below others the whole name, `refactor move`. */
  readonly name: string;
  /** What follows the name: `<query> [flags]`. */
  readonly usage: string;
  readonly summary: string;
  /** Below the summary in its help. */
  readonly description?: string;
  readonly examples?: string;
  readonly flags: readonly FlagSpec[];
  /** Answers the exit code. May throw `UsageFault` and `CommandFault`. */
  readonly run: (call: Call) => number | Promise<number>;
}

/** A command line that makes no sense: `Error: message` and the usage, status 1. */
export class UsageFault extends Error {}

/** The command could not do its work: the message alone, with a status; without a message it was said already. */
export class CommandFault extends Error {
  readonly status: number;

  constructor(message: string, status = 1) {
    super(message);
    this.status = status;
  }
}

/** A `CommandFault` that OPA tells on standard output, as `build` and `sign` do. */
export class PrintedFault extends CommandFault {}

/** Runs a command over its part of a command line; answers the exit code. */
export async function runCommand(command: OpaCommand, line: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const { flags, args } = parseFlags([...command.flags, helpFlag(command.name)], line);
    if (flags.bool("help")) {
      terminal.out(helpText(command));
      return 0;
    }
    if (command.program === undefined)
      applyEnvironment(flags, command.flags, command.name.split(" ").at(-1) as string, terminal.env);
    return await command.run({ args, flags, terminal });
  } catch (error) {
    if (error instanceof UsageFault || error instanceof FlagError) {
      terminal.err(`Error: ${error.message}\n${usageText(command)}\n`);
      return 1;
    }
    if (!(error instanceof CommandFault)) throw error;
    const say = error instanceof PrintedFault ? terminal.out : terminal.err;
    if (error.message !== "") say(`${error.message}\n`);
    return error.status;
  }
}
