import { type Answer, accessGraph, graphSvg, whoCan, worldOf } from "@sallyport/secrets";
import { Command, Option } from "commander";
import { list } from "../../comma-list.ts";
import { exitCodes, UsageError } from "../../errors.ts";
import { progressOf } from "../../progress.ts";
import { askedOf } from "../../secrets/question.ts";
import { whoCanJson } from "../../secrets/who-can-json.ts";
import { listedSubjects, questionText, thingText, whoCanText } from "../../secrets/who-can-text.ts";
import { worldObjects } from "../../secrets/world-source.ts";
import { suggest } from "./suggest.ts";

interface Flags {
  readonly namespace: string;
  readonly subresource?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly all?: boolean;
  readonly paths: string;
  readonly output: "text" | "json" | "svg";
  readonly json?: boolean;
  readonly failIfFound?: boolean;
  readonly suggest: readonly string[];
}

export function whoCanCommand(): Command {
  return new Command("who-can")
    .description("who comes to a secret, by every way that RBAC leaves open, and what would close it")
    .usage("[options] [VERB] [RESOURCE[.GROUP][/NAME]] [FILES...]")
    .argument(
      "[words...]",
      "a verb (get), a resource (secrets), and manifests or a dump of a cluster; without files, a cluster is asked",
    )
    .option("-n, --namespace <name>", "of the secret, and of objects in files that name none", "default")
    .option("--subresource <name>", "of the resource: exec, token, status")
    .option("--kubeconfig <file>", "how to reach the cluster; default: as kubectl finds it")
    .option("--context <name>", "another context of the kubeconfig than its current one")
    .option("-a, --all", "also Kubernetes' own subjects, and each member of a group")
    .option("--paths <number>", "paths of each subject", "10")
    .addOption(
      new Option("-o, --output <format>", "text, json, or svg: a picture")
        .choices(["text", "json", "svg"])
        .default("text"),
    )
    .option("--json", "the same as -o json")
    .option("--fail-if-found", "end with status 1 where anybody is found but Kubernetes' own: for CI")
    .option(
      "--suggest <logs>",
      "instead: the least roles for what audit logs show was done, as `secrets suggest`",
      list,
      [],
    )
    .addHelpText(
      "after",
      `
Examples:
  sallyport secrets who-can secret/db -n prod                      of the cluster that kubectl uses
  sallyport secrets who-can secret/db -n prod rbac/ deployment.yaml
  kubectl get roles,clusterroles,rolebindings,clusterrolebindings,sa,pods,nodes,ns -A -o json | sallyport secrets who-can -n prod -
  sallyport secrets who-can secret/db -n prod -o svg > db.svg
  sallyport secrets who-can create pods --subresource exec -n prod
  sallyport secrets who-can --suggest audit.log rbac/               what would have been enough
  sallyport secrets who-can secret/db -n prod --json | jq -r '.subjects[] | select(.isSystem | not) | .name'

Each path is a chain from a subject to the value: rights to read it, pods of one's own that mount it or run as who may, pods and nodes that
are taken over, tokens, impersonation, bind, escalate, certificates, webhooks. Behind each step stands the rule that allows it; behind the
chain, the least change that cuts it. With all changes of a subject made, no path is left. Of a cluster nothing is changed, and no secret's
value is read. With files, the roles that every cluster has count too.
Exit status: 0 told, 1 somebody was found (--fail-if-found), 2 bad input, 3 the cluster does not answer or does not let us.`,
    )
    .action(run);
}

async function run(words: readonly string[], flags: Flags): Promise<void> {
  const { question, files } = askedOf(words, flags);
  if (flags.suggest.length > 0) return suggest(flags.suggest, { ...flags, rbac: files, subject: [], names: "5" });
  const paths = pathsOf(flags.paths);
  const world = worldOf(await worldObjects(files, flags));
  const progress = progressOf(process.stderr, "subjects");
  const answer = whoCan(world, question, { paths, onProgress: progress.show });
  progress.end();
  const output = flags.json === true ? "json" : flags.output;
  if (output === "json") process.stdout.write(`${JSON.stringify(whoCanJson(answer), undefined, 2)}\n`);
  else if (output === "svg") process.stdout.write(svgOf(answer, flags.all === true));
  else process.stdout.write(whoCanText(answer, flags.all === true));
  if (flags.failIfFound === true && answer.subjects.some(({ isSystem }) => !isSystem))
    process.exitCode = exitCodes.denied;
}

function svgOf({ question, subjects }: Answer, showsAll: boolean): string {
  const graph = accessGraph(listedSubjects(subjects, showsAll), thingText(question));
  return graphSvg(graph, `who can ${questionText(question)}`);
}

function pathsOf(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new UsageError(`--paths ${text}: expected a whole number above 0`);
}
