import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { setTimeout } from "node:timers/promises";
import { goDuration } from "@sallyport/opa/answers";
import { type JsonObject, RegoError } from "@sallyport/rego";
import { verificationConfig, verificationFlags } from "../../opa/bundle-keys.ts";
import type { Call, OpaCommand } from "../../opa/command.ts";
import { configFlags, readConfig } from "../../opa/config.ts";
import { errorEntries, errorsText } from "../../opa/errors-text.ts";
import { type Loaded, LoadFault, loadPaths, splitPrefix } from "../../opa/load.ts";
import { type LoadedBundles, loadBundles } from "../../opa/load-bundles.ts";
import { opaVersion } from "../../opa/opa-version.ts";
import { v1Flag } from "../../opa/policy-flags.ts";
import { LoadError } from "../../opa/read-data.ts";
import { Session } from "../../opa/repl/session.ts";
import { Shell } from "../../opa/repl/shell.ts";
import { serverFlags } from "../../opa/server-flags.ts";
import { nextChange } from "../../opa/watch.ts";
import { version } from "../../version.ts";

/** Lines of the history that are kept. */
const historyLength = 1000;

export const runCommand: OpaCommand = {
  name: "run",
  usage: "[flags] [files]",
  summary: "Start an interactive shell, or a policy server",
  description:
    "Reads queries, rules and commands, and answers each; `help` lists the commands. Files are loaded first, as by\n" +
    "`eval --data`; repl.input:FILE makes a file the input. Where standard input is no terminal, its lines are read.",
  examples: `
  sallyport opa run policy.rego repl.input:pod.json
  sallyport opa run --watch policies/
  sallyport opa run --server --addr :8181 policies/
  echo 'data.example.allow' | sallyport opa run policy.rego`,
  flags: [
    { name: "bundle", short: "b", kind: "bool", usage: "the files are bundles" },
    ...configFlags,
    { name: "format", short: "f", kind: "string", default: "pretty", usage: "output format: pretty or json" },
    {
      name: "history",
      short: "H",
      kind: "string",
      shownDefault: JSON.stringify(join(homedir(), ".opa_history")),
      usage: "file of the lines that were typed",
    },
    { name: "ignore", kind: "commaList", usage: "names of files and folders to leave out, as '.*'" },
    {
      name: "log-level",
      short: "l",
      kind: "enum",
      values: ["debug", "info", "error"],
      default: "info",
      usage: "accepted",
    },
    {
      name: "max-errors",
      short: "m",
      kind: "int",
      default: "10",
      usage: "how many errors of a compilation are reported",
    },
    { name: "server", short: "s", kind: "bool", usage: "serve OPA's REST API instead" },
    ...serverFlags,
    { name: "signing-alg", kind: "string", default: "RS256", usage: "algorithm of the verification key" },
    { name: "skip-known-schema-check", kind: "bool", usage: "accepted" },
    { name: "skip-verify", kind: "bool", usage: "do not look at signatures of bundles" },
    { name: "skip-version-check", kind: "bool", usage: "accepted; nobody is asked" },
    { name: "v0-compatible", kind: "bool", usage: "opt in to the features and behaviors of OPA before 1.0" },
    v1Flag,
    ...verificationFlags,
    { name: "watch", short: "w", kind: "bool", usage: "load files again when they change" },
  ],
  run,
};

async function run(call: Call): Promise<number> {
  const { flags, terminal } = call;
  let loaded: Loaded | LoadedBundles;
  let config: JsonObject;
  try {
    config = readChecked(call);
    loaded = await load(call);
  } catch (error) {
    if (!(error instanceof LoadRefused)) throw error;
    terminal.out(`${error.message}\n`);
    return 1;
  }
  const session = new Session(loaded, terminal, {
    format: flags.string("format") === "json" ? "json" : "pretty",
    regoVersion: flags.bool("v0-compatible") ? "v0" : "v1",
    maxErrors: Math.max(0, flags.int("max-errors")),
    runtime: { config, isKnownSchemaCheckSkipped: flags.bool("skip-known-schema-check") },
  });
  const fault = initialFault(session);
  if (fault !== undefined) {
    terminal.out(`error: initialization error: ${fault}`);
    return 1;
  }
  if (!flags.bool("server")) return runShell(call, session);
  const { runServer } = await import("../../opa/server/run-server.ts");
  return runServer(call, { config, loaded, reload: () => load(call) });
}

async function runShell(call: Call, session: Session): Promise<number> {
  const { flags, args, terminal } = call;
  const shell = new Shell(session, terminal.out);
  const watching = flags.bool("watch") && args.length > 0 ? watchFiles(call, session) : undefined;
  terminal.out(
    `OPA ${opaVersion} (commit sallyport ${version}, built at )\n\nRun 'help' to see a list of commands.\n\n`,
  );
  if (terminal.isInteractive === true) await readTerminal(shell, historyFile(call));
  else await readLines(shell, terminal.lines?.() ?? linesOf(terminal.stdin()));
  watching?.stop();
  return 0;
}

/** What was loaded must compile. */
function initialFault(session: Session): string | undefined {
  try {
    session.check();
    return undefined;
  } catch (error) {
    const entries = errorEntries(error);
    if (entries === undefined) throw error;
    return errorsText(entries);
  }
}

/** Nothing could be loaded: said on standard output, as OPA does. */
class LoadRefused extends Error {}

/** What is configured must make sense, though a shell needs none of it. */
function readChecked({ flags, terminal }: Call): JsonObject {
  if (!flags.bool("bundle") && flags.string("verification-key") !== "")
    throw new LoadRefused("error: enable bundle mode (ie. --bundle) to verify bundle files or directories");
  try {
    const config = readConfig(flags, terminal.env);
    const { default_decision: decision = "" } = config;
    if (typeof decision === "string") return config;
    throw new LoadRefused("error: default_decision must be a string");
  } catch (error) {
    if (error instanceof LoadError) throw new LoadRefused(`error: config error: ${error.message}`);
    throw error;
  }
}

async function load({ flags, args }: Call): Promise<Loaded | LoadedBundles> {
  const options = { ignore: flags.list("ignore"), regoVersion: flags.bool("v0-compatible") ? "v0" : "v1" } as const;
  const verification = verificationConfig(flags) ?? { keys: {}, isOptional: true };
  try {
    if (!flags.bool("bundle")) return loadPaths(args, options);
    return await loadBundles(args, flags.bool("skip-verify") ? options : { ...options, verification });
  } catch (error) {
    if (!(error instanceof LoadFault) && !(error instanceof RegoError)) throw error;
    if (flags.bool("bundle")) {
      const ofBundle = /^loading error: (.*)$/s.exec(error.message)?.[1];
      throw new LoadRefused(
        `error: ${ofBundle === undefined ? `initialization error: ${error.message}` : `load error: ${ofBundle}`}`,
      );
    }
    const texts = (errorEntries(error) ?? []).map(({ text }) => text);
    const title =
      texts.length === 1 ? "1 error occurred during loading: " : `${texts.length} errors occurred during loading:\n`;
    throw new LoadRefused(`error: load error: ${title}${texts.join("\n")}`);
  }
}

function linesOf(text: string): readonly string[] {
  return text.replace(/\n$/, "").split("\n");
}

async function readLines(shell: Shell, lines: AsyncIterable<string> | Iterable<string>): Promise<void> {
  for await (const line of lines) if (!(await shell.line(line))) return;
}

async function readTerminal(shell: Shell, history: string): Promise<void> {
  const before = existsSync(history) ? readFileSync(history, "utf8").split("\n").filter(Boolean).reverse() : [];
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    history: before,
    historySize: historyLength,
  });
  const typed: string[] = [];
  const prompt = () => {
    lines.setPrompt(shell.isOpen ? "| " : "> ");
    lines.prompt();
  };
  prompt();
  for await (const line of lines) {
    if (line.trim() !== "") typed.push(line);
    if (!(await shell.line(line))) break;
    prompt();
  }
  lines.close();
  writeFileSync(
    history,
    [...before.reverse(), ...typed]
      .slice(-historyLength)
      .map((line) => `${line}\n`)
      .join(""),
  );
}

function historyFile({ flags }: Call): string {
  return flags.string("history") || join(homedir(), ".opa_history");
}

/** Loads the files again after each change, until stopped, and tells of it; files that are broken meanwhile change nothing. */
function watchFiles(call: Call, session: Session): { readonly stop: () => void } {
  const stopping = new AbortController();
  const follow = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await nextReload(call.args, stopping.signal);
      if (stopping.signal.aborted) return;
      const start = performance.now();
      const fault = await reload(call, session);
      const took = goDuration(Math.round((performance.now() - start) * 1e6));
      const [what, why] = fault === undefined ? ["reloaded files", ""] : ["reload error", `: ${fault}`];
      call.terminal.out(`\n# ${what} (took ${took})${why}`);
    }
  };
  void follow();
  return { stop: () => stopping.abort() };
}

/** How often it is looked whether a file is back, in milliseconds. */
const retryMs = 100;

/** The next change; a file that is being replaced is not there for a moment. */
async function nextReload(args: readonly string[], signal: AbortSignal): Promise<void> {
  try {
    await nextChange(args, signal);
  } catch {
    const isThere = (each: string): boolean => existsSync(splitPrefix(each).path);
    while (!signal.aborted && !args.every(isThere)) await setTimeout(retryMs);
  }
}

/** Why the session goes on with what it had. */
async function reload(call: Call, session: Session): Promise<string | undefined> {
  try {
    session.reload(await load(call));
    return undefined;
  } catch (error) {
    if (error instanceof LoadRefused) return error.message.replace(/^error: (?:load error: )?/, "");
    const entries = errorEntries(error);
    if (entries === undefined) throw error;
    return errorsText(entries).trimEnd();
  }
}
