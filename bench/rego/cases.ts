import { join } from "node:path";
import { dataFolder } from "../../conformance/suite.ts";
import { authorizationCases } from "./authorization.ts";
import type { RegoCase } from "./case.ts";
import { readTemplates } from "./gatekeeper.ts";
import { readJoins } from "./joins.ts";
import { microCases } from "./micro.ts";
import { readAci, readEvaluations } from "./published.ts";

/** All workloads of the means, in the order of the report. */
export function readCases(): readonly RegoCase[] {
  const workloads = dataFolder({ folder: "opa-workloads" });
  return [
    ...readEvaluations(join(workloads, "regorus-evaluation")),
    ...readAci(join(workloads, "aci")),
    ...authorizationCases,
    ...microCases,
    ...readTemplates(dataFolder({ folder: "gatekeeper-library" })),
  ];
}

/** Workloads that an index answers. */
export function readJoinCases(): readonly RegoCase[] {
  return readJoins(readTemplates(dataFolder({ folder: "gatekeeper-library" })));
}
