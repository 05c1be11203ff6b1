import { execFileSync } from "node:child_process";
import { createEffects } from "@sallyport/effects";
import { compile, type RegoPolicy } from "@sallyport/rego";
import { median } from "../client.ts";
import { readCases } from "./cases.ts";
import { compileCase } from "./sallyport.ts";

/** Milliseconds of a cold process: compile and plan every template of gatekeeper-library; and one policy, on the median. */
export interface CompileTimes {
  readonly library: number;
  readonly policy: number;
  /** Modules that are added one by one to the policy so far, as a server is sent them; each is asked once. */
  readonly puts: PutTimes;
}

interface PutTimes {
  readonly modules: number;
  /** Of all of them together. */
  readonly all: number;
  /** Of one of the last, on the median: the last modules, and the whole compilation that it saves. */
  readonly last: number;
  readonly whole: number;
}

const puts = 1000;

/** Each measurement is of a process of its own, as warm compilers are several times faster; the median of three. */
export function measureCompile(): CompileTimes {
  const flags = ["--conditions=source", "--disable-warning=ExperimentalWarning", import.meta.filename];
  const runs = [1, 2, 3].map(() => {
    const text = execFileSync(process.execPath, flags, { encoding: "utf8" });
    return JSON.parse(text) as Omit<CompileTimes, "puts">;
  });
  return {
    library: median(runs.map(({ library }) => library)),
    policy: median(runs.map(({ policy }) => policy)),
    puts: putModules(),
  };
}

function putModules(): PutTimes {
  const effects = createEffects();
  const sources = Array.from({ length: puts }, (_, i) => ({ file: `${i}.rego`, text: moduleText(i) }));
  let policy = compile([]).policy as RegoPolicy;
  const times = sources.map((source, i) => {
    const start = performance.now();
    policy = policy.withModule(source).policy as RegoPolicy;
    policy.evaluate(`team/p${i}/deny`, { input: {}, effects });
    return performance.now() - start;
  });
  const start = performance.now();
  compile(sources);
  return {
    modules: puts,
    all: times.reduce((sum, ms) => sum + ms, 0),
    last: median(times.slice(-21)),
    whole: performance.now() - start,
  };
}

function moduleText(i: number): string {
  const shared = `data.team.p${i - (i % 10)}`;
  return `package team.p${i}

default allow := false

allow if {
	input.user == "user${i}"
	${shared}.trusted
}

trusted if startswith(input.image, "registry/")

deny contains msg if {
	some container in input.request.object.spec.containers
	not startswith(container.image, "registry/")
	msg := sprintf("container %v of team ${i}", [container.name])
}
`;
}

function compileLibrary(): Omit<CompileTimes, "puts"> {
  const templates = readCases().filter(({ name }) => name.startsWith("gatekeeper/"));
  const times = templates.map((template) => {
    const start = performance.now();
    compileCase(template).plan(template.query);
    return performance.now() - start;
  });
  return { library: times.reduce((sum, ms) => sum + ms, 0), policy: median(times) };
}

if (import.meta.main) console.log(JSON.stringify(compileLibrary()));
