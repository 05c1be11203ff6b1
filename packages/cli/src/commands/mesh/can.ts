import { admissionPaths } from "@sallyport/mesh";
import { Command } from "commander";
import { exitCodes } from "../../errors.ts";
import { InputError } from "../../manifests.ts";
import { pathsJson, pathsText } from "../../mesh/can-text.ts";
import { callerOf, detailsOf, type RequestFlags, targetOf } from "../../mesh/question.ts";
import { addViewOptions, type ViewFlags, viewOf } from "../../mesh/view-source.ts";

interface Flags extends ViewFlags, RequestFlags {
  readonly json?: boolean;
}

export function canCommand(): Command {
  return addViewOptions(
    new Command("can")
      .description("whether a call is taken, and why: the client's TLS, the server's mode, the policies, in this order")
      .argument("<from>", "a workload, or outside: somebody without an identity of the mesh")
      .argument("<to:port>", "a Service and its port, or a workload and its own: web:80, web.shop:80, deploy/web:8080"),
  )
    .option("--method <name>", "of a request; GET without")
    .option("--path <path>", "of a request; / without")
    .option("--host <name>", "of a request; the Service's name without")
    .option("--header <line...>", "of a request, as 'x-key: value'")
    .option("--ip <address>", "of who calls, where policies ask for it; of a running pod it is known")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
Examples:
  sallyport mesh can client web.shop:80 -n front              of the cluster that kubectl uses
  sallyport mesh can front/client shop/web:80 --method POST --path /orders -f manifests/
  sallyport mesh can outside shop/web:80 --ip 203.0.113.7 -f manifests/
  sallyport mesh can client web:80 --json | jq -r '.servers[].steps[] | select(.passed | not) | .text'

Without --method, --path, --host and --header it is a request where the port is declared to be of HTTP, and else a connection: there, rules
about requests are left out of ALLOW and make DENY wider, as in Istio. NetworkPolicies are not asked.

Exit status: 0 taken by every server, 1 refused by one, 2 bad input or nobody of that name, 3 the cluster does not answer or does not let us.`,
    )
    .action(run);
}

async function run(from: string, to: string, flags: Flags): Promise<void> {
  const view = await viewOf(flags);
  const caller = callerOf(view, from, flags.namespace);
  const target = targetOf(view, to, flags.namespace);
  const paths = admissionPaths(view, caller, target, detailsOf(flags, target));
  if (paths.length === 0) throw new InputError(`${to}: no workload is behind that port of the Service`);
  const json = () => `${JSON.stringify(pathsJson(view, paths), undefined, 2)}\n`;
  process.stdout.write(flags.json === true ? json() : pathsText(view, caller, to, paths));
  if (paths.some(({ isAllowed }) => !isAllowed)) process.exitCode = exitCodes.denied;
}
