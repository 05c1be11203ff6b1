import { type Grade, grades, noTraffic, type Readiness, readinessOf, unmatchedOf } from "@sallyport/mesh";
import { Command, Option } from "commander";
import { exitCodes } from "../../errors.ts";
import { readinessJson, readinessText, rolloutManifests } from "../../mesh/readiness-text.ts";
import { trafficOfFiles } from "../../mesh/traffic-file.ts";
import { addViewOptions, type ViewFlags, viewOf } from "../../mesh/view-source.ts";

interface Flags extends ViewFlags {
  readonly only?: string;
  readonly traffic?: readonly string[];
  readonly failOn: "certain" | "likely" | "unknown" | "never";
  readonly all?: boolean;
  readonly manifests?: boolean;
  readonly json?: boolean;
}

export function readinessCommand(): Command {
  return addViewOptions(
    new Command("readiness").description(
      "who breaks when mutual TLS is STRICT: port by port, with the client, the reason, the least exception, and an order to go in",
    ),
  )
    .option("--only <namespace>", "servers of this namespace; clients are looked for everywhere")
    .option("--traffic <files...>", "access logs of sidecars in PERMISSIVE mode, as sallyport mesh proxy writes them")
    .addOption(
      new Option("--fail-on <grade>", "end with status 1 where a port is of this grade or worse")
        .choices(["certain", "likely", "unknown", "never"])
        .default("likely"),
    )
    .option("-a, --all", "also ports that are safe")
    .option("--manifests", "print the exceptions and what makes namespaces STRICT, in order")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
Examples:
  sallyport mesh readiness                                    of the cluster that kubectl uses
  sallyport mesh readiness -f manifests/ --only shop
  sallyport mesh readiness --traffic access.jsonl --json | jq '.counts'
  kubectl logs -n shop web -c istio-proxy | grep '^{' | sallyport mesh readiness --traffic -
  sallyport mesh readiness -f manifests/ --manifests > rollout.yaml

Grades: certain, who calls was seen to, or is configured to, without the mesh's certificates; likely, he breaks if he calls, and something
says that he does; unknown, somebody without a sidecar may call, and nothing says whether he does; safe, nobody of these. Callers are found
by sidecars that are missing, DestinationRules, probes, annotations and monitors of Prometheus, Ingresses, routes of gateways, webhooks,
APIServices, conversions, open Services, hosts in commands and variables, NetworkPolicies, and traffic that was seen. Each exception was
tried: with it and the namespace STRICT, the ports stay PERMISSIVE and the calls go; applied, they count as safe. Nothing is changed.

Exit status: 0 none of --fail-on or worse (and with --manifests), 1 some, 2 bad input, 3 the cluster does not answer or does not let us.`,
    )
    .action(run);
}

async function run(flags: Flags): Promise<void> {
  const traffic = flags.traffic === undefined ? noTraffic : trafficOfFiles(flags.traffic);
  const view = await viewOf(flags);
  tellOfStrangers(unmatchedOf(traffic, view));
  const told = readinessOf(view, traffic, flags.only);
  if (flags.manifests === true) {
    tellOfDisabled(told.rollout);
    process.stdout.write(rolloutManifests(told.rollout));
    return;
  }
  if (flags.json === true) process.stdout.write(`${JSON.stringify(readinessJson(told), undefined, 2)}\n`);
  else process.stdout.write(readinessText(told, flags.all === true));
  if (flags.failOn !== "never" && told.ports.some(({ grade }) => isAsBad(grade, flags.failOn as Grade)))
    process.exitCode = exitCodes.denied;
}

/** Manifests have no addresses, and pods come and go. */
function tellOfStrangers(connections: number): void {
  if (connections === 0) return;
  const count = `${connections} ${connections === 1 ? "connection was" : "connections were"}`;
  process.stderr.write(
    `sallyport: --traffic: ${count} to addresses of no pod that is known here, and count for nothing\n`,
  );
}

/** Two steps are needed there, and manifests are one. */
function tellOfDisabled(rollout: Readiness["rollout"]): void {
  const ports = rollout.flatMap(({ namespace, permissiveFirst }) =>
    permissiveFirst.map(({ workload, port }) => `${namespace}/${workload}:${port}`),
  );
  if (ports.length > 0)
    process.stderr.write(
      `sallyport: DISABLE now, so make them PERMISSIVE and wait before this is applied: ${ports.join(", ")}\n`,
    );
}

function isAsBad(grade: Grade, limit: Grade): boolean {
  return grades.indexOf(grade) <= grades.indexOf(limit);
}
