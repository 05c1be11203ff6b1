import { globSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { dataFolder } from "../conformance/suite.ts";
import { errorMutants } from "./error-mutants.ts";
import { compareErrors } from "./errors.ts";
import { findOpa } from "./opa-server.ts";

/** As many differences are printed of each version, the shortest modules first. */
const shown = 10;

/** Compares the faults of `count` modules per version of Rego; the exit code. */
export async function differentialOfErrors(args: readonly string[]): Promise<number> {
  const [count = "1000", seed = String(Date.now() % 1_000_000_000), most = String(shown), ...more] = args;
  const opa = findOpa();
  const fault = "missing" in opa ? opa.missing : "";
  if (more.length > 0 || ![count, seed, most].every((each) => /^\d+$/.test(each)) || "missing" in opa) {
    console.error(`differential: ${fault || "usage: npm run differential -- errors [MODULES] [SEED] [SHOWN]"}`);
    return 2;
  }
  let found = 0;
  for (const version of ["v1", "v0"] as const) {
    const mutants = errorMutants(errorCorpus(version), Number(count), Number(seed));
    const { counts, differences } = await compareErrors(opa.file, mutants, version);
    const sorted = differences.toSorted((a, b) => a.source.length - b.source.length);
    for (const { source, opa: theirs, sallyport } of sorted.slice(0, Number(most)))
      console.log(`== ${version}\n${source}\n-- opa\n${theirs.join("\n")}\n-- sallyport\n${sallyport.join("\n")}`);
    const { compared, parsed, compiled, known } = counts;
    console.log(
      `${version}, seed ${seed}: ${compared} modules, of which ${parsed} parse and ${compiled} compile; ${differences.length} differ, and ${known} where OPA is at fault`,
    );
    found += differences.length;
  }
  return found === 0 ? 0 : 1;
}

/** The modules of OPA's suite and of the formatter's. */
function errorCorpus(version: "v0" | "v1"): readonly string[] {
  const cases = globSync(`${dataFolder({ folder: "opa" })}/${version}/**/*.yaml`)
    .sort()
    .flatMap((file) => modulesOf(readFileSync(file, "utf8")));
  const formatted = globSync(`${dataFolder({ folder: "opa-format" })}/${version}/**/*.rego`)
    .sort()
    .map((file) => readFileSync(file, "utf8"));
  return [...cases, ...formatted];
}

function modulesOf(text: string): readonly string[] {
  const { cases } = parse(text) as { readonly cases?: readonly { readonly modules?: readonly string[] }[] };
  return (cases ?? []).flatMap(({ modules }) => modules ?? []);
}
