import { writeFileSync } from "node:fs";
import type { ExplainMode } from "@sallyport/rego";
import { parseInt64 } from "../flag-values.ts";
import { goJsonLine } from "../json-text.ts";
import { parseRef } from "../query-request.ts";
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
  ["metrics", (session) => toggle(session, "metrics")],
  ["instrument", (session) => toggle(session, "instrument")],
  ["profile", (session) => toggle(session, "profile")],
  ["strict-builtin-errors", (session) => toggle(session, "strictBuiltinErrors")],
  ["target", (_session, words) => target(words)],
  ["dump", dump],
]);

/** Runs a line if it is a command; undefined when it is not. Throws `ExitWanted`. */
export function runReplCommand(session: Session, line: string): string | undefined {
  const [name = "", ...words] = line.trim().split(/\s+/);
  if (/[:=({[]/.test(words[0]?.[0] ?? "")) return undefined;
  return commands.get(name)?.(session, words);
}

function exit(): never {
  throw new ExitWanted();
}

function show(session: Session, [what]: readonly string[]): string {
  if (what === undefined) return session.isTouched ? session.shown : "no rules defined\n";
  if (what !== "debug") return `unknown option '${what}'\n`;
  const { explain, metrics, instrument, profile, strictBuiltinErrors } = session.settings;
  const shown = { explain, metrics, instrument, profile, "strict-builtin-errors": strictBuiltinErrors };
  return `${JSON.stringify(shown, undefined, "\t")}\n`;
}

function unset(session: Session, words: readonly string[]): string {
  const [name] = words;
  if (name === undefined || words.length > 1) return "code bad arguments: unset <var>: expects exactly one argument\n";
  return session.unset(name) ? "" : "warning: no matching rules in current module\n";
}

function unsetPackage(session: Session, words: readonly string[]): string {
  const [path] = words;
  if (path === undefined || words.length > 1)
    return "code bad arguments: unset-package <var>: expects exactly one argument\n";
  return session.unsetPackage(path) ? "" : "warning: no matching package\n";
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
  settings.profile = false;
  return "";
}

function toggle({ settings }: Session, name: "metrics" | "instrument" | "profile" | "strictBuiltinErrors"): string {
  settings[name] = !settings[name];
  if (name === "profile" && settings.profile) settings.explain = "off";
  return "";
}

/** Checked as in OPA; tables are not cut. */
function prettyLimit(_session: Session, [limit]: readonly string[]): string {
  if (limit === undefined) return "usage: pretty-limit <n>\n";
  const value = parseInt64(limit);
  return value instanceof Error ? `${value.message}\n` : "";
}

/** The same again turns it off. */
function unknown({ settings }: Session, words: readonly string[]): string {
  if (settings.unknowns.length > 0) {
    settings.unknowns = [];
    return "";
  }
  if (words.length === 0 || !words.every(isDocument))
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
  writeFileSync(path, text);
  return "";
}
