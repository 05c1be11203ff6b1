import { answersOfOpa } from "../differential/rest-api.ts";
import { type Recorded, readRecorded, writeRecorded } from "../packages/opa/src/server/rest-api.fixture.ts";
import { scenarios } from "../packages/opa/src/server/scenarios.fixture.ts";

/**
 * Records what a real OPA answers to the scenarios of the REST API's test, those alone whose name has a pattern in it:
 *
 *     SALLYPORT_OPA=opa node --conditions=source scripts/record-rest-api.ts [PATTERN]
 */
const [pattern = ""] = process.argv.slice(2);
const before = new Map(readRecorded().map((each) => [each.name, each]));
const recorded: Recorded[] = [];
for (const scenario of scenarios) {
  const { name } = scenario;
  const kept = new RegExp(pattern).test(name) ? undefined : before.get(name);
  recorded.push(kept ?? { name, ...(await answersOfOpa(process.env["SALLYPORT_OPA"] || "opa", scenario)) });
}
writeRecorded(recorded);
console.log(`${recorded.length} scenarios recorded`);
