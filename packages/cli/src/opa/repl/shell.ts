import { EvaluationError, RegoError, type Statement } from "@sallyport/rego";
import { errorEntries, errorsText } from "../errors-text.ts";
import { ExitWanted, runReplCommand } from "./commands.ts";
import { type Session, StatementFault } from "./session.ts";

/** Reads a session's lines one after the other: commands, statements, and statements of several lines. */
export class Shell {
  readonly #session: Session;
  readonly #out: (text: string) => void;
  #pending: string[] = [];

  constructor(session: Session, out: (text: string) => void) {
    this.#session = session;
    this.#out = out;
  }

  /** True while a statement goes on in the next line. */
  get isOpen(): boolean {
    return this.#pending.length > 0;
  }

  /** Answers false when the shell is to end. */
  async line(line: string): Promise<boolean> {
    try {
      await this.#answer(line);
      return true;
    } catch (error) {
      if (error instanceof ExitWanted) return false;
      this.#out(faultText(error, line));
      return true;
    }
  }

  /** As in OPA, the shell waits for more lines behind whatever it cannot parse, until one is empty. */
  async #answer(line: string): Promise<void> {
    if (this.isOpen) {
      this.#pending.push(line);
      if (line === "") await this.#run(this.#taken());
      return;
    }
    const printed = runReplCommand(this.#session, line);
    if (printed !== undefined) return this.#out(printed);
    if (line.trim() === "") return;
    const statements = this.#parsed(line);
    if (statements === undefined) this.#pending.push(line);
    else await this.#runAll(statements, line);
  }

  #taken(): string {
    const text = this.#pending.join("\n");
    this.#pending = [];
    return text;
  }

  #parsed(text: string): readonly Statement[] | undefined {
    try {
      return this.#session.parse(text);
    } catch (error) {
      if (error instanceof RegoError) return undefined;
      throw error;
    }
  }

  async #run(text: string): Promise<void> {
    if (text.trim() !== "") await this.#runAll(this.#session.parse(text), text);
  }

  /** The first that fails is the last. */
  async #runAll(statements: readonly Statement[], text: string): Promise<void> {
    for (const each of statements) this.#out(await this.#session.run(each, text));
  }
}

function faultText(error: unknown, text: string): string {
  if (error instanceof StatementFault) return `${error.message}\n`;
  if (!(error instanceof RegoError) && !(error instanceof EvaluationError)) throw error;
  return errorsText(errorEntries(error, new Map([["", text]])) ?? []);
}
