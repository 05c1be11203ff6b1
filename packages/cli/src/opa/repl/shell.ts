import { EvaluationError, parseModule, RegoError } from "@sallyport/rego";
import { errorEntries, errorsText } from "../errors-text.ts";
import { goJsonLine, Struct } from "../json-text.ts";
import { ExitWanted, runReplCommand } from "./commands.ts";
import { belowLine, type Session } from "./session.ts";

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
      this.#out(await this.#answer(line));
      return true;
    } catch (error) {
      if (error instanceof ExitWanted) return false;
      throw error;
    }
  }

  /** An empty line ends a statement of several lines. */
  async #answer(line: string): Promise<string> {
    if (this.isOpen) {
      if (line.trim() !== "") {
        this.#pending.push(line);
        return "";
      }
      const text = this.#pending.join("\n");
      this.#pending = [];
      return this.#statement(text);
    }
    if (line.trim() === "" || line.trim().startsWith("#")) return "";
    const printed = runReplCommand(this.#session, line);
    return printed ?? this.#statement(line.trim(), line);
  }

  /** With `first`, a statement that ends too early goes on in the next line. */
  async #statement(text: string, first?: string): Promise<string> {
    try {
      const [, keyword, rest = ""] = /^(package|import)\s+(.*)$/s.exec(text) ?? [];
      if (keyword === "package") this.#session.enterPackage(rest);
      else if (keyword === "import") this.#session.addImport(rest);
      else {
        const legacy = legacyFault(text, this.#session);
        if (legacy !== undefined) return this.#faultText(legacy, text);
        return await this.#session.statement(text);
      }
      return "";
    } catch (error) {
      if (first !== undefined && error instanceof RegoError && isUnparsed(error)) {
        this.#pending.push(first);
        return "";
      }
      return this.#faultText(error, text);
    }
  }

  #faultText(error: unknown, text: string): string {
    if (!(error instanceof RegoError) && !(error instanceof EvaluationError)) throw error;
    const entries = errorEntries(error, new Map([["", text]])) ?? [];
    // What would show an expression's value says nothing of its own.
    const own = entries.filter((entry) => !entry.text.endsWith("rego_unsafe_var_error: var _ is unsafe"));
    const shown = own.length === 0 ? entries : own;
    if (error instanceof RegoError || this.#session.settings.format === "pretty") return errorsText(shown);
    return goJsonLine(new Struct({ errors: shown.map(({ json }) => json) }));
  }
}

/** As OPA, the shell waits for more lines after whatever it cannot parse. */
function isUnparsed({ diagnostics }: RegoError): boolean {
  return diagnostics.every(({ code }) => code === "rego_parse_error");
}

/** What is a rule in Rego v0 only is told to be none in v1. */
function legacyFault(text: string, { regoVersion }: Session): RegoError | undefined {
  if (regoVersion === "v0") return undefined;
  const { diagnostics } = parseModule(`package p\n\n${text}`);
  const faults = diagnostics.filter(({ message }) => /^`(if|contains)` keyword is required/.test(message));
  // A ref such as `s[1]` could be a rule too, but is a query.
  const hasBody = faults.some(({ message }) => message.startsWith("`if`"));
  if (!hasBody || faults.length < diagnostics.length) return undefined;
  return belowLine(new RegoError(faults), 2);
}
