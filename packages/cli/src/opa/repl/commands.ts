import { writeFileSync } from "node:fs";
import { goJsonLine } from "@sallyport/opa/answers";
import {
  type ExplainMode,
  parseModule,
  parseRef,
  parseSoleTerm,
  RegoError,
  SoleTermError,
  type Term,
} from "@sallyport/rego";
import { parseInt64 } from "../flag-values.ts";
import { systemFault } from "../read-data.ts";
import { isDocument } from "../unknowns.ts";
import { helpText } from "./help.ts";
import type { Session } from "./session.ts";

/** The shell is to end. */
export class ExitWanted extends Error {}

/** What the words behind a command's name make of the session; answers what is printed. */
type Command = (session: Session, words: readonly string[]) => string;

const explainModes: readonly ExplainMode[] = ["off", "full", "notes", "fails", "debug"];

/** The shell's commands, by name. What is none of them is a statement of Rego. */
const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ["help", (_session, [topic]) => helpText(topic)],
  ["exit", exit],
  ["show", show],
  ["unset", unset],
  ["unset-package", unsetPackage],
  ["json", (session) => setFormat(session, "json")],
  ["pretty", (session) => setFormat(session, "pretty")],
  ["pretty-limit", prettyLimit],
  ["unknown", unknown],
  ["trace", (session, [mode = "full"]) => setExplain(session, mode)],
  ["notes", (session) => setExplain(session, "notes")],
  ["fails", (session) => setExplain(session, "fails")],
  ["metrics", (session) => measure(session, !session.settings.metrics, false)],
  ["instrument", (session) => measure(session, !session.settings.instrument, !session.settings.instrument)],
  ["profile", (session) => toggle(session, "profile")],
  ["types", (session) => toggle(session, "types")],
  ["strict-builtin-errors", (session) => toggle(session, "strictBuiltinErrors")],
  ["target", (_session, words) => target(words)],
  ["dump", dump],
]);

/** Runs a line if it is a command, whatever follows its name; undefined when it is not. Throws `ExitWanted`. */
export function runReplCommand(session: Session, line: string): string | undefined {
  const [name = "", ...words] = line.trim().split(/\s+/);
  return commands.get(name.toLowerCase())?.(session, words);
}

function exit(): never {
  throw new ExitWanted();
}

function show(session: Session, [what]: readonly string[]): string {
  if (what === undefined) return session.shown ?? "no rules defined\n";
  if (what !== "debug") return `unknown option '${what}'\n`;
  const { explain, metrics, instrument, profile, strictBuiltinErrors } = session.settings;
  const shown = { explain, metrics, instrument, profile, "strict-builtin-errors": strictBuiltinErrors };
  return `${JSON.stringify(shown, undefined, "\t")}\n`;
}

function unset(session: Session, words: readonly string[]): string {
  const [text] = words;
  if (text === undefined || words.length > 1) return "code bad arguments: unset <var>: expects exactly one argument\n";
  const head = headOf(text);
  if (head === undefined) return "code bad arguments: argument must identify a rule\n";
  if (head.kind !== "var") return "code bad arguments: arguments must identify a rule\n";
  return session.unset(head.name) ? "" : "warning: no matching rules in current module\n";
}

/** What a ref begins with, or the whole term; undefined for what is no term. */
function headOf(text: string): Term | undefined {
  try {
    parseSoleTerm(text);
    return parseRef(text).terms[0];
  } catch (error) {
    if (error instanceof RegoError || error instanceof SoleTermError) return undefined;
    throw error;
  }
}

function unsetPackage(session: Session, words: readonly string[]): string {
  const [path] = words;
  if (path === undefined || words.length > 1)
    return "code bad arguments: unset-package <var>: expects exactly one argument\n";
  const declared = parseModule(`package ${path}`).module?.package;
  if (declared === undefined) return "code bad arguments: argument must identify a package\n";
  return session.unsetPackage(declared.path) ? "" : "warning: no matching package\n";
}

function setFormat(session: Session, format: "json" | "pretty"): string {
  session.settings.format = format;
  return "";
}

/** The same mode again turns it off. */
function setExplain({ settings }: Session, wanted: string): string {
  const mode = explainModes.find((each) => each === wanted);
  if (mode === undefined)
    return `invalid explain mode, expected one of: ${explainModes.join(", ")}
`;
  settings.explain = settings.explain === mode ? "off" : mode;
  return "";
}

function toggle({ settings }: Session, name: "profile" | "types" | "strictBuiltinErrors"): string {
  settings[name] = !settings[name];
  return "";
}

function measure({ settings }: Session, metrics: boolean, instrument: boolean): string {
  settings.metrics = metrics;
  settings.instrument = instrument;
  return "";
}

function prettyLimit({ settings }: Session, [limit]: readonly string[]): string {
  if (limit === undefined) return "usage: pretty-limit <n>\n";
  const value = parseInt64(limit);
  if (value instanceof Error) return `${value.message}\n`;
  settings.prettyLimit = Number(value);
  return "";
}

/** Without words, what was unknown is known again. */
function unknown({ settings }: Session, words: readonly string[]): string {
  const isNothing = words.length === 0 && settings.unknowns.length === 0;
  if (isNothing || !words.every(isDocument))
    return "usage: unknown <input/data reference> [<input/data reference> [...]] (hint: try 'input')\n";
  settings.unknowns = words.map(parseRef);
  return "";
}

function target([mode, ...more]: readonly string[]): string {
  if (mode === undefined || more.length > 0) return "code bad arguments: target <mode>: expects exactly one argument\n";
  if (mode === "rego") return "";
  if (mode === "wasm") return "there is no WebAssembly runtime here\n";
  return `invalid target ${JSON.stringify(mode)}:must be one of {rego,wasm}\n`;
}

function dump({ data }: Session, [path]: readonly string[]): string {
  const text = goJsonLine(data, "");
  if (path === undefined) return text;
  try {
    writeFileSync(path, text);
    return "";
  } catch (error) {
    return `${systemFault("open", path, error).message}\n`;
  }
}
