import { join } from "node:path";
import { authorizationCases } from "./authorization.ts";
import type { RegoCase } from "./case.ts";
import { readTemplates } from "./gatekeeper.ts";
import { microCases } from "./micro.ts";
import { readAci, readEvaluations } from "./published.ts";

/** Where gatekeeper-library and the published workloads lie: where the conformance data does. */
const folder = process.env["SALLYPORT_CONFORMANCE"] ?? "../shared/conformance";

/** All workloads, in the order of the report. */
export function readCases(): readonly RegoCase[] {
  return [
    ...readEvaluations(join(folder, "opa-workloads", "regorus-evaluation")),
    ...readAci(join(folder, "opa-workloads", "aci")),
    ...authorizationCases,
    ...microCases,
    ...readTemplates(join(folder, "gatekeeper-library")),
  ];
}
