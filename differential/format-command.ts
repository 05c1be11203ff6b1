import { globSync, readFileSync } from "node:fs";
import { dataFolder } from "../conformance/suite.ts";
import { compareFormats, type FormatMode, findFormatter } from "./format.ts";
import { knownFormat } from "./format-known.ts";
import { formatMutants } from "./format-mutants.ts";

/** As many differences are printed of each mode, the shortest modules first. */
const shown = 10;

const modes: readonly FormatMode[] = ["v1", "v0", "v0v1"];

/** Compares `count` modules per mode; the exit code. Half of them begin as modules of the formatter's suite, where there are any. */
export function differentialOfFormat(args: readonly string[]): number {
  const [count = "1000", seed = String(Date.now() % 1_000_000_000), ...more] = args;
  const opa = findFormatter();
  const fault = "missing" in opa ? opa.missing : "";
  if (more.length > 0 || !/^\d+$/.test(count) || !/^\d+$/.test(seed) || "missing" in opa) {
    console.error(`differential: ${fault || "usage: npm run differential -- format [MODULES] [SEED]"}`);
    return 2;
  }
  const mutants = formatMutants(formatCorpus(), Number(count), Number(seed));
  let found = 0;
  for (const mode of modes) {
    const { compared, differences } = compareFormats(opa.file, mutants, mode);
    const reasons = new Map<string, number>();
    const unknown = differences.filter((each) => {
      const reason = knownFormat(each, mode);
      if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      return reason === undefined;
    });
    const sorted = unknown.toSorted((a, b) => a.source.length - b.source.length);
    for (const { source, opa: theirs, sallyport } of sorted.slice(0, shown))
      console.log(`== ${mode}\n${source}-- opa\n${theirs ?? "refused\n"}-- sallyport\n${sallyport}`);
    for (const [reason, times] of reasons) console.log(`${mode}: ${times} times known: ${reason}`);
    console.log(`${mode}, seed ${seed}: ${compared} modules, ${unknown.length} differ`);
    found += unknown.length;
  }
  return found === 0 ? 0 : 1;
}

/** The modules of the formatter's suite. */
function formatCorpus(): readonly string[] {
  return globSync(`${dataFolder({ folder: "opa-format" })}/**/*.rego`)
    .sort()
    .map((file) => readFileSync(file, "utf8"));
}
