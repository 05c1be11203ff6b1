import { explainPort } from "@sallyport/mesh";
import { Command } from "commander";
import { explanationJson, explanationText } from "../../mesh/explain-text.ts";
import { splitPort, workloadOf } from "../../mesh/question.ts";
import { addViewOptions, type ViewFlags, viewOf } from "../../mesh/view-source.ts";

interface Flags extends ViewFlags {
  readonly json?: boolean;
}

export function explainCommand(): Command {
  return addViewOptions(
    new Command("explain")
      .description("how a port of a workload takes connections, and every policy that took part or lost, and why")
      .argument("<workload:port>", "of a pod or of what makes pods: web:8080, shop/web:8080, deploy/web:8080"),
  )
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
Examples:
  sallyport mesh explain web:8080 -n shop                     of the cluster that kubectl uses
  sallyport mesh explain shop/deploy/web:8080 -f manifests/
  kubectl get ns,po,svc,peerauthentications,authorizationpolicies,destinationrules -A -o yaml | sallyport mesh explain shop/web:8080 -f -

The port is the workload's, not a Service's. Policies are read as Istio reads them: of each level the oldest PeerAuthentication holds whole;
one of the root namespace that has a selector holds for nothing; ports are asked of the workload's own alone.

Exit status: 0 told, 2 bad input or no such workload, 3 the cluster does not answer or does not let us.`,
    )
    .action(async (text: string, flags: Flags) => {
      const { name, port } = splitPort(text);
      const view = await viewOf(flags);
      const told = explainPort(view, workloadOf(view, name, flags.namespace), port);
      const json = () => `${JSON.stringify(explanationJson(told), undefined, 2)}\n`;
      process.stdout.write(flags.json === true ? json() : explanationText(told));
    });
}
