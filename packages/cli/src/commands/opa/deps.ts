import { goJsonLine, type Printable, Struct } from "@sallyport/opa/answers";
import {
  compileParsed,
  type Dependencies,
  dependenciesOf,
  type Module,
  parseQuery,
  type Ref,
  RegoError,
  refText,
} from "@sallyport/rego";
import { type Call, CommandFault, type OpaCommand, UsageFault } from "../../opa/command.ts";
import { type ErrorEntry, errorEntries, type Texts } from "../../opa/errors-text.ts";
import { faultText as faultTextOf } from "../../opa/fault-text.ts";
import { loadPaths } from "../../opa/load.ts";
import { policyFlags, v1Flag } from "../../opa/policy-flags.ts";
import { isBlank } from "../../opa/query-request.ts";
import { tableText } from "../../opa/table.ts";

export const depsCommand: OpaCommand = {
  name: "deps",
  usage: "<query> [flags]",
  summary: "Analyze Rego query dependencies",
  description: "Tells which documents of `data` and `input`, and which rules, the answer of a query depends on.",
  examples: `
  sallyport opa deps --data policy.rego data.example.allow
  sallyport opa deps --format json -d policies/ data.example`,
  flags: [
    ...policyFlags,
    { name: "format", short: "f", kind: "enum", values: ["pretty", "json"], default: "pretty", usage: "output format" },
    v1Flag,
  ],
  run: runDeps,
};

async function runDeps(call: Call): Promise<number> {
  const { args, flags, terminal } = call;
  const [query] = args;
  if (query === undefined || args.length > 1) throw new UsageFault("specify exactly one query argument");
  if (isBlank(query)) return 0;
  const body = told("occurred", new Map([["", query]]), () => parseQuery(query));
  const { policy, diagnostics } = compileParsed(await load(call));
  if (policy === undefined) throw new CommandFault(faultText(errorEntries(new RegoError(diagnostics)), "occurred"));
  const found = told("occurred", new Map([["", query]]), () => dependenciesOf(body, policy.compiled.root));
  terminal.out(flags.string("format") === "json" ? goJsonLine(dependenciesJson(found)) : dependenciesText(found));
  return 0;
}

/** Files are read in any case, but bundles are instead of them; whether their roots overlap does not matter. */
async function load({ flags }: Call): Promise<readonly Module[]> {
  const options = { ignore: flags.list("ignore"), regoVersion: "v1" } as const;
  const files = told("occurred during loading", new Map(), () => loadPaths(flags.list("data"), options));
  const bundles = flags.list("bundle");
  if (bundles.length === 0) return files.modules.map(({ module }) => module);
  const { loadBundle } = await import("../../opa/load-bundles.ts");
  try {
    const loaded = await Promise.all(bundles.map((each) => loadBundle(each, { regoVersion: "v1" })));
    return loaded.flatMap(({ modules }) => modules.map(({ module }) => module));
  } catch (error) {
    throw new CommandFault((faultTextOf(error) ?? "").trimEnd());
  }
}

/** Faults of the user become the command's. */
function told<T>(happened: string, texts: Texts, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const entries = errorEntries(error, texts);
    if (entries === undefined) throw error;
    throw new CommandFault(faultText(entries, happened));
  }
}

function faultText(entries: readonly ErrorEntry[] | undefined, happened: string): string {
  const texts = (entries ?? []).map(({ text }) => text);
  return texts.length === 1
    ? `1 error ${happened}: ${texts[0]}`
    : `${texts.length} errors ${happened}:\n${texts.join("\n")}`;
}

function dependenciesJson({ base, virtual }: Dependencies): Struct {
  return new Struct({
    base: base.length === 0 ? undefined : base.map(refJson),
    virtual: virtual.length === 0 ? undefined : virtual.map(refJson),
  });
}

function refJson({ terms }: Ref): Printable {
  return terms.map((term, i) => {
    const value = term.kind === "var" ? term.name : term.kind === "string" ? term.value : "";
    return new Struct({ type: i === 0 ? "var" : "string", value });
  });
}

/** A column for each kind that there is any of. */
function dependenciesText({ base, virtual }: Dependencies): string {
  const columns = [
    ["BASE DOCUMENTS", base.map(refText)] as const,
    ["VIRTUAL DOCUMENTS", virtual.map(refText)] as const,
  ].filter(([, texts]) => texts.length > 0);
  if (columns.length === 0) return "";
  const count = Math.max(...columns.map(([, texts]) => texts.length));
  const rows = Array.from({ length: count }, (_, i) => columns.map(([, texts]) => texts[i] ?? ""));
  return tableText(
    columns.map(([title]) => title),
    rows,
  );
}
