import { randomUUID } from "node:crypto";
import { lstatSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { createEffects } from "@sallyport/effects";
import { goJsonLine, Struct } from "@sallyport/opa/answers";
import { PluginConfigError } from "@sallyport/opa/plugins";
import {
  type Effects,
  type EvaluateOptions,
  EvaluationError,
  type JsonObject,
  type PreparedQuery,
  type Value,
} from "@sallyport/rego";
import { type Activated, ActivationError, activateBundles, bundlesOf } from "../../opa/activate-bundles.ts";
import type { Call, OpaCommand, Terminal } from "../../opa/command.ts";
import { configFlags, readConfig } from "../../opa/config.ts";
import type { Flags } from "../../opa/flags.ts";
import { type LogFields, type LogFormat, logEntry, logError, logLine } from "../../opa/logger.ts";
import { userAgent } from "../../opa/opa-version.ts";
import { v1Flag } from "../../opa/policy-flags.ts";
import { LoadError, readBytes, systemFault, yamlText } from "../../opa/read-data.ts";
import { runtimeInfo } from "../../opa/runtime-info.ts";

export const execCommand: OpaCommand = {
  name: "exec",
  usage: "<path> [<path> [...]] [flags]",
  summary: "Execute against input files",
  description:
    "Evaluates one decision for each input: files, all .json, .yaml and .yml files below folders, or standard input.\n" +
    "Of the configuration default_decision, keys, and bundles with their services are read.",
  examples: `
  sallyport opa exec --bundle policies/ --decision example/allow inputs/
  sallyport opa exec --bundle policies/ --decision example/deny --fail-non-empty pod.json
  kubectl get pod web -o json | sallyport opa exec --bundle policies/ --decision example/allow --stdin-input`,
  flags: [
    { name: "bundle", short: "b", kind: "list", usage: "bundle file or folder; may be repeated" },
    ...configFlags,
    { name: "decision", kind: "string", usage: "path of the decision; default the configured one, or system/main" },
    { name: "fail", kind: "bool", usage: "exit with status 1 when a decision is undefined or fails" },
    { name: "fail-defined", kind: "bool", usage: "exit with status 1 when a decision is defined" },
    { name: "fail-non-empty", kind: "bool", usage: "exit with status 1 when a decision is not empty" },
    { name: "format", short: "f", kind: "enum", values: ["json"], default: "json", usage: "output format" },
    { name: "log-format", kind: "enum", values: ["text", "json", "json-pretty"], default: "json", usage: "log format" },
    {
      name: "log-level",
      short: "l",
      kind: "enum",
      values: ["debug", "info", "error"],
      default: "error",
      usage: "log what policies print and what becomes of bundles too, with info and debug",
    },
    { name: "log-timestamp-format", kind: "string", usage: "accepted; times are RFC 3339" },
    { name: "stdin-input", short: "I", kind: "bool", usage: "read the input from standard input" },
    {
      name: "timeout",
      kind: "duration",
      default: "0",
      shownDefault: "unlimited",
      usage: "time that each decision may take",
    },
    { name: "v0-compatible", kind: "bool", usage: "opt in to the features and behaviors of OPA before 1.0" },
    v1Flag,
  ],
  run: runExec,
};

/** Messages of these faults are logged, as OPA does. */
class ExecFault extends Error {}

async function runExec(call: Call): Promise<number> {
  const { flags, args, terminal } = call;
  const format = flags.string("log-format") as LogFormat;
  const fail = (message: string): number => {
    logError(terminal, format, "Unexpected error.", { err: message });
    return 1;
  };
  if (args.length === 0 && !flags.bool("stdin-input")) {
    logLine(terminal, "Unexpected error.", "requires at least 1 path arg, or the --stdin-input flag");
    return 1;
  }
  try {
    const { results, bundles } = await decide(call);
    terminal.out(goJsonLine(new Struct({ result: results.map(({ json }) => json) })));
    const verdict = verdictOf(flags, results);
    if (verdict !== undefined) return fail(verdict);
    for (const name of bundles) bundleLog(call)("Stopping bundle loader.", name);
    return 0;
  } catch (error) {
    if (error instanceof ExecFault) return fail(error.message);
    throw error;
  }
}

function checkFlags(flags: Flags): void {
  const [first, second] = ["fail-non-empty", "fail", "fail-defined"].filter((name) => flags.bool(name));
  if (second !== undefined) throw new ExecFault(`exec error: specify --${first} or --${second} but not both`);
}

interface Result {
  readonly json: Struct;
  readonly value: Value | undefined;
  /** True also for a decision that is undefined. */
  readonly isError: boolean;
  readonly isUndefined?: boolean;
}

/** The results, and the names of the bundles that they come from. */
interface Decided {
  readonly results: readonly Result[];
  readonly bundles: readonly string[];
}

async function decide(call: Call): Promise<Decided> {
  const { flags, args, terminal } = call;
  const config = configured(call);
  const { policy, data, names } = await activated(call, config);
  checkFlags(flags);
  const decision = flags.string("decision") || String(config["default_decision"] ?? "/system/main");
  const inputs = [
    ...(flags.bool("stdin-input") ? [stdinInput(terminal)] : []),
    ...args.flatMap(inputFiles).map((path) => ({ path, read: () => readBytes(path).toString("utf8") })),
  ];
  const results: Result[] = [];
  const runtime = runtimeInfo(terminal.env, { config: withBundles(config, flags.list("bundle")) });
  const effects = createEffects({ runtime, ...printing(call) });
  const options = { data, effects, ...deadline(flags) };
  const asked = { decision, query: policy.prepareQuery(decisionQuery(decision)) };
  for (const input of inputs) results.push(await decideOne(asked, input, options));
  return { results, bundles: names };
}

/** What policies print is logged, where that is asked for. */
function printing(call: Call): { readonly print?: NonNullable<Effects["print"]> } {
  if (!isVerbose(call)) return {};
  return {
    print: (message, { file = "", row }) => logInfo(call, message.replace(/\n$/, ""), { line: `${file}:${row}` }),
  };
}

/** What becomes of bundles, where that is asked for. */
function bundleLog(call: Call): (message: string, name: string) => void {
  return (message, name) => {
    if (isVerbose(call)) logInfo(call, message, { name, plugin: "bundle" });
  };
}

function isVerbose({ flags }: Call): boolean {
  return flags.string("log-level") !== "error";
}

function logInfo({ flags, terminal }: Call, message: string, fields: LogFields): void {
  terminal.err(logEntry(flags.string("log-format") as LogFormat, "info", message, fields));
}

interface Input {
  readonly path: string;
  readonly read: () => string;
}

/** A fault of standard input ends the command, one of a file is that file's result. */
function stdinInput({ stdin }: Terminal): Input {
  const text = stdin();
  if (text === "")
    throw new ExecFault(
      "exec error: cannot execute on empty input; please enter valid json or yaml when using the --stdin-input flag",
    );
  try {
    yamlText(text);
  } catch (error) {
    throw new ExecFault(`exec error: ${(error as Error).message}`);
  }
  return { path: "--stdin-input", read: () => text };
}

/** The configuration with bundles of the command line, as OPA puts them there. */
function withBundles(config: JsonObject, paths: readonly string[]): JsonObject {
  if (paths.length === 0) return config;
  const bundles = paths.map(
    (path, i) => [`~${i}`, { resource: `file://${resolve(path)}`, trigger: "manual" }] as const,
  );
  return { ...config, bundles: { ...(config["bundles"] as JsonObject), ...Object.fromEntries(bundles) } };
}

/** The document at a path as it is written: `/a/b` and `a/b`, but `a.b` is one name. */
function decisionQuery(decision: string): string {
  const parts = decision.replace(/^\//, "");
  return `data${
    parts === ""
      ? ""
      : parts
          .split("/")
          .map((part) => `[${JSON.stringify(part)}]`)
          .join("")
  }`;
}

interface Asked {
  readonly decision: string;
  readonly query: PreparedQuery;
}

async function decideOne({ decision, query }: Asked, { path, read }: Input, options: EvaluateOptions): Promise<Result> {
  const failed = (error: Struct): Result => ({ json: new Struct({ path, error }), value: undefined, isError: true });
  let input: Value;
  try {
    input = yamlText(read());
  } catch {
    // As OPA, which loses the message on its way to JSON.
    return failed(new Struct({}));
  }
  try {
    const value = (await query.answersAsync({ ...options, input }))[0]?.expressions[0]?.value;
    if (value === undefined) {
      const message = `${decision} decision was undefined`;
      return { ...failed(new Struct({ code: "opa_undefined_error", message })), isUndefined: true };
    }
    return { json: new Struct({ decision_id: randomUUID(), path, result: value }), value, isError: false };
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    const { code, message, place } = error;
    const { name: file = "", row = 0, col = 0 } = place ?? {};
    const location = place === undefined ? undefined : new Struct({ file, row, col });
    return failed(new Struct({ code, message, location }));
  }
}

function deadline(flags: Flags) {
  const timeout = flags.duration("timeout");
  return timeout > 0n ? { clock: () => performance.now(), deadline: performance.now() + Number(timeout) / 1e6 } : {};
}

async function activated(call: Call, config: JsonObject): Promise<Activated & { readonly names: readonly string[] }> {
  const { flags, terminal } = call;
  const regoVersion = flags.bool("v0-compatible") ? "v0" : "v1";
  try {
    const wanted = bundlesOf(config, flags.list("bundle"), { regoVersion, agent: userAgent });
    const active = await activateBundles(wanted, regoVersion, bundleLog(call));
    return { ...active, names: wanted.map(({ name }) => name) };
  } catch (error) {
    if (error instanceof PluginConfigError) throw new ExecFault(`runtime error: ${error.message}`);
    if (!(error instanceof ActivationError)) throw error;
    const { bundle: name, step, message } = error;
    const format = flags.string("log-format") as LogFormat;
    logError(terminal, format, `Bundle ${step} failed: ${message}`, { name, plugin: "bundle" });
    throw new ExecFault(`runtime error: Bundle name: ${name}, Code: bundle_error, HTTPCode: -1, Message: ${message}`);
  }
}

/** Of what is configured the default decision counts, and the keys of bundles. */
function configured({ flags, terminal }: Call): JsonObject {
  let config: JsonObject;
  try {
    config = readConfig(flags, terminal.env);
  } catch (error) {
    if (error instanceof LoadError) throw new ExecFault(`config error: ${error.message}`);
    throw error;
  }
  if (typeof (config["default_decision"] ?? "") !== "string" || config["default_decision"] === null)
    throw new ExecFault("runtime error: default_decision must be a string");
  return config;
}

const inputNames = /\.(json|ya?ml)$/;

function inputFiles(path: string): readonly string[] {
  let isFolder: boolean;
  try {
    isFolder = lstatSync(path).isDirectory();
  } catch (error) {
    throw new ExecFault(`exec error: ${systemFault("lstat", path, error).message}`);
  }
  if (!isFolder) return inputNames.test(path) ? [path] : [];
  return readdirSync(path)
    .sort()
    .flatMap((name) => inputFiles(join(path, name)));
}

/** Why the results are a failure, when a flag says so. */
function verdictOf(flags: Flags, results: readonly Result[]): string | undefined {
  const errors = results.filter(({ isError }) => isError).length;
  const counted = (failures: number, all: number, flag: string) =>
    failures + all === 0
      ? undefined
      : `exec error: there were ${failures} failures and ${all} errors counted in the results list, and --${flag} is set`;
  const broken = results.filter(({ isError, isUndefined }) => isError && isUndefined !== true).length;
  if (flags.bool("fail")) return counted(0, errors, "fail");
  if (flags.bool("fail-defined")) return counted(results.length - errors, broken, "fail-defined");
  if (!flags.bool("fail-non-empty")) return undefined;
  const filled = results.filter(({ value }) => value !== undefined && !isEmpty(value)).length;
  return counted(filled, broken, "fail-non-empty");
}

/** As OPA: only an empty array or set, and null. */
function isEmpty(value: Value): boolean {
  return value === null || goJsonLine(value, "") === "[]\n";
}
