import { dataFolder } from "../../conformance/suite.ts";
import { type AuditFigures, measureAudit } from "./audit.ts";
import { measureOpa, missingOpa } from "./opa-bench.ts";
import { readPolicies } from "./policies.ts";
import { measureReviews, type ReviewRates } from "./reviews.ts";

export interface GatekeeperReport {
  readonly templates: number;
  /** Objects that are reviewed in turn. */
  readonly objects: number;
  readonly rates: readonly ReviewRates[];
  readonly audit: AuditFigures;
  /** Why OPA was not measured. */
  readonly opaSkipped: string | undefined;
}

const counts = [5, 100, 1000];

/** `opa bench` takes seconds for each. */
const reviewed = 6;

const audited = 100_000;

/** Reviews with all templates of gatekeeper-library and more and more constraints, beside `opa bench` of the same; then an audit. */
export async function run(progress: (text: string) => void): Promise<GatekeeperReport> {
  const policies = readPolicies(dataFolder({ folder: "gatekeeper-library" }));
  if (policies.length === 0)
    throw new Error("no gatekeeper-library: SALLYPORT_CONFORMANCE names the folder that has it");
  // Of all kinds, from all over the library.
  const all = policies.flatMap(({ objects }) => objects.slice(0, 1));
  const objects = Array.from({ length: reviewed }, (_, i) => all[Math.floor((i * all.length) / reviewed)]).filter(
    (each) => each !== undefined,
  );
  const opaSkipped = missingOpa();
  const rates = counts.map((count) => {
    progress(`reviews with ${count} constraints`);
    const ours = measureReviews(policies, count, objects);
    if (opaSkipped !== undefined) return ours;
    progress(`opa bench with ${count} constraints`);
    return { ...ours, opa: measureOpa(policies, count, objects) };
  });
  progress(`an audit of ${audited} objects`);
  const audit = await measureAudit(policies, audited);
  return { templates: policies.length, objects: objects.length, rates, audit, opaSkipped };
}
