import { text } from "node:stream/consumers";
import { median } from "../client.ts";
import type { RegoCase } from "./case.ts";
import { compileCase } from "./sallyport.ts";

// A process of its own, as warm compilers are several times faster. It is given what it compiles: reading templates' YAML here would leave a
// heap to collect and code to optimise.

/** Milliseconds of a cold process: compile and plan every template of gatekeeper-library; and one policy, on the median. */
export interface CompileTimes {
  readonly library: number;
  readonly policy: number;
}

function compileLibrary(templates: readonly RegoCase[]): CompileTimes {
  const times = templates.map((template) => {
    const start = performance.now();
    compileCase(template).plan(template.query);
    return performance.now() - start;
  });
  return { library: times.reduce((sum, ms) => sum + ms, 0), policy: median(times) };
}

if (import.meta.main) console.log(JSON.stringify(compileLibrary(JSON.parse(await text(process.stdin)))));
