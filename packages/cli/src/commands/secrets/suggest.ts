import { AccessRecord, accessOf, type Identity, type Suggestion, type World, worldOf } from "@sallyport/secrets";
import { Command } from "commander";
import { list } from "../../comma-list.ts";
import { UsageError } from "../../errors.ts";
import { InputError } from "../../manifests.ts";
import { auditEvents } from "../../secrets/audit-log.ts";
import { suggestJson, suggestYaml } from "../../secrets/suggest-text.ts";
import { worldObjects } from "../../secrets/world-source.ts";

export interface SuggestFlags {
  readonly rbac: readonly string[];
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace: string;
  readonly subject: readonly string[];
  readonly names: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

export function suggestCommand(): Command {
  return new Command("suggest")
    .description("the least roles for what was really done, of an audit log; and what is had beside, and never used")
    .argument("<logs...>", "audit logs of kube-apiserver or Sallyport: a JSON event a line; - for standard input")
    .option("--rbac <files>", "roles and bindings as they are now: manifests, or a dump", list, [])
    .option("--kubeconfig <file>", "the same of a cluster")
    .option("--context <name>", "another context of the kubeconfig than its current one")
    .option("-n, --namespace <name>", "of objects in files that name none", "default")
    .option("--subject <names>", "only these users and accounts: jane, ci/builder", list, [])
    .option("--names <number>", "rules are limited to names where there are no more of them", "5")
    .option("-a, --all", "also Kubernetes' own users and accounts")
    .option("--json", "as JSON: subject, places with their rules, unused, manifests")
    .addHelpText(
      "after",
      `
Examples:
  sallyport secrets suggest audit.log > least.yaml
  sallyport secrets suggest --rbac rbac/ --subject ci/builder audit-*.log
  sallyport secrets suggest --kubeconfig ~/.kube/config audit.log

What the authorizer let pass counts, also where it failed later; a log at level Metadata is enough. Rules allow the verbs of the resources that
were asked for, no other. With --rbac or --kubeconfig, comments tell which rights were never used: by the log, which may not be long enough.
Nothing is changed: the output is manifests to look at, and to apply.
Exit status: 0 told, 2 bad input, 3 the cluster does not answer or does not let us.`,
    )
    .action(suggest);
}

/** Prints what audit logs come to. Rejects with `UsageError` and `InputError`. */
export async function suggest(logs: readonly string[], flags: SuggestFlags): Promise<void> {
  const maxNames = Number(flags.names);
  if (!Number.isInteger(maxNames) || maxNames < 0)
    throw new UsageError(`--names ${flags.names}: expected a whole number`);
  const record = new AccessRecord();
  let events = 0;
  for (const log of logs)
    for await (const event of auditEvents(log)) {
      events++;
      for (const used of accessOf(event)) record.add(used);
    }
  if (events === 0) throw new InputError(`${logs.join(", ")}: no events there`);
  const suggestions = record.suggestions(await worldNow(flags), { maxNames }).filter((each) => isWanted(each, flags));
  process.stdout.write(
    flags.json === true ? `${JSON.stringify(suggestJson(suggestions), undefined, 2)}\n` : suggestYaml(suggestions),
  );
}

async function worldNow(flags: SuggestFlags): Promise<World | undefined> {
  const isAsked = flags.rbac.length > 0 || flags.kubeconfig !== undefined || flags.context !== undefined;
  return isAsked ? worldOf(await worldObjects(flags.rbac, flags)) : undefined;
}

function isWanted({ subject }: Suggestion, { subject: wanted, all }: SuggestFlags): boolean {
  if (wanted.length > 0) return wanted.includes(shortName(subject));
  return all === true || !isSystem(subject);
}

function shortName({ name, namespace }: Identity): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function isSystem({ kind, name, namespace }: Identity): boolean {
  return kind === "ServiceAccount" ? namespace === "kube-system" : name.startsWith("system:");
}
