import { globSync, readFileSync } from "node:fs";
import { dataFolder } from "../conformance/suite.ts";
import { compareFormats, type FormatMode, findFormatter } from "./format.ts";
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
    const sorted = differences.toSorted((a, b) => a.source.length - b.source.length);
    for (const { source, opa: theirs, sallyport } of sorted.slice(0, shown))
      console.log(`== ${mode}\n${source}-- opa\n${theirs ?? "refused\n"}-- sallyport\n${sallyport}`);
    console.log(`${mode}, seed ${seed}: ${compared} modules, ${differences.length} differ`);
    found += differences.length;
  }
  return found === 0 ? 0 : 1;
}

/** The modules of the formatter's suite. */
function formatCorpus(): readonly string[] {
  return globSync(`${dataFolder({ folder: "opa-format" })}/**/*.rego`)
    .sort()
    .map((file) => readFileSync(file, "utf8"));
}
