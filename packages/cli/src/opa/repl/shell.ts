import { type Diagnostic, EvaluationError, parseModule, RegoError } from "@sallyport/rego";
import { errorEntries, errorsText } from "../errors-text.ts";
import { ExitWanted, runReplCommand } from "./commands.ts";
import type { Session } from "./session.ts";

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
      else return await this.#session.statement(text);
      return "";
    } catch (error) {
      if (first !== undefined && error instanceof RegoError && (endsTooEarly(error.diagnostics) || isOpenRule(text))) {
        this.#pending.push(first);
        return "";
      }
      return faultText(error, text);
    }
  }
}

/** The beginning of a rule, which as a query would be wrong for another reason. */
function isOpenRule(text: string): boolean {
  return endsTooEarly(parseModule(`package p\n\n${text}`).diagnostics);
}

function endsTooEarly(diagnostics: readonly Diagnostic[]): boolean {
  return (
    diagnostics.length > 0 &&
    diagnostics.every(({ code, message }) => code === "rego_parse_error" && message.startsWith("unexpected eof"))
  );
}

function faultText(error: unknown, text: string): string {
  if (!(error instanceof RegoError) && !(error instanceof EvaluationError)) throw error;
  const entries = errorEntries(error, new Map([["", text]])) ?? [];
  // What would show an expression's value says nothing of its own.
  const own = entries.filter((entry) => !entry.text.endsWith("rego_unsafe_var_error: var _ is unsafe"));
  return errorsText(own.length === 0 ? entries : own);
}
