import { answersOfOpa } from "../differential/rest-api.ts";
import { type Recorded, writeRecorded } from "../packages/opa/src/server/rest-api.fixture.ts";
import { scenarios } from "../packages/opa/src/server/scenarios.fixture.ts";

/**
 * Records what a real OPA answers to the scenarios of the REST API's test:
 *
 *     SALLYPORT_OPA=opa node --conditions=source scripts/record-rest-api.ts
 */
const recorded: Recorded[] = [];
for (const scenario of scenarios)
  recorded.push({ name: scenario.name, answers: await answersOfOpa(process.env["SALLYPORT_OPA"] || "opa", scenario) });
writeRecorded(recorded);
console.log(`${recorded.length} scenarios recorded`);
