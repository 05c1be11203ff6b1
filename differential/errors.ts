import { isDeepStrictEqual } from "node:util";
import { goJson } from "@sallyport/opa/answers";
import { compileModules, type Diagnostic, jsonText, parseJson, parseModule, type RegoVersion } from "@sallyport/rego";
import { diagnosticEntry } from "../packages/cli/src/opa/errors-text.ts";
import { type Fault, isKnownDifference } from "./errors-known.ts";
import { OpaServer } from "./opa-server.ts";

export interface ErrorDifference {
  readonly source: string;
  readonly opa: readonly Fault[];
  readonly sallyport: readonly Fault[];
}

export interface ErrorCounts {
  compared: number;
  /** Modules that OPA can parse, and those of them that it can compile. */
  parsed: number;
  compiled: number;
  /** Those that differ in a way that is written down. */
  known: number;
}

/** What OPA's server and our compiler say of modules, where it is different. OPA's maps have no order, so that theirs counts for nothing. */
export async function compareErrors(
  file: string,
  sources: readonly string[],
  version: RegoVersion,
): Promise<{ readonly counts: ErrorCounts; readonly differences: readonly ErrorDifference[] }> {
  const counts = { compared: 0, parsed: 0, compiled: 0, known: 0 };
  const differences: ErrorDifference[] = [];
  const server = await OpaServer.start(file, version === "v0" ? ["--v0-compatible"] : []);
  try {
    for (const source of sources) {
      const opa = (await server.refusals(source))?.map(withoutDescriptions);
      // What makes the server itself fall over proves nothing.
      if (opa === undefined) continue;
      const sallyport = ownFaults(source, version);
      counts.compared++;
      if (!opa.some((each) => each.includes('"rego_parse_error"'))) counts.parsed++;
      if (opa.length === 0) counts.compiled++;
      if (isSame(opa, sallyport)) continue;
      if (isKnownDifference(source, opa, sallyport)) counts.known++;
      else differences.push({ source, opa, sallyport });
    }
  } finally {
    server.stop();
  }
  return { counts, differences };
}

/** Ours have no sentences about the arguments of builtins. */
function withoutDescriptions(fault: Fault): Fault {
  return fault.replaceAll(/"description":"(?:\\.|[^"\\])*",?/g, "");
}

/** What releases after 1.19 add, which ours follows. */
function withoutRule(fault: Fault): Fault {
  return fault.replace(/(is unsafe) in rule (?:\\.|[^"\\])*/, "$1");
}

/** Of several ways in which a rule comes back to itself OPA tells any. */
function withoutWay(fault: Fault): Fault {
  return fault.replace(/(is recursive): (?:\\.|[^"\\])*/, "$1");
}

function isSame(opa: readonly Fault[], sallyport: readonly Fault[]): boolean {
  return isDeepStrictEqual(opa.map(withoutWay).sort(), sallyport.map(withoutWay).sort());
}

/** What our compiler says of a module. */
export function ownFaults(source: string, regoVersion: RegoVersion): readonly Fault[] {
  try {
    return diagnosticsOf(source, regoVersion).map((each) =>
      withoutRule(jsonText(parseJson(goJson(diagnosticEntry(each).json, "")))),
    );
  } catch (error) {
    return [`threw ${error instanceof Error ? error.stack : error}`];
  }
}

function diagnosticsOf(text: string, regoVersion: RegoVersion): readonly Diagnostic[] {
  const { module, diagnostics } = parseModule(text, { file: "p", regoVersion });
  return module === undefined ? diagnostics : compileModules([module]).diagnostics;
}
