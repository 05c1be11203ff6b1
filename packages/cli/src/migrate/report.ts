import { paint, wrap } from "../terminal.ts";
import type { Migration, NamespaceMigration, PolicyMigration, Proof } from "./migration.ts";
import type { Difference } from "./sameness.ts";

/** The report for people: namespaces with their level and the proof of each workload, then what is lost with each policy. */
export function migrationText(migration: Migration): string {
  const { namespaces, policies, notes } = migration;
  const used = policies.filter(({ namespaces: where }) => where.length > 0);
  const unused = policies.filter(({ namespaces: where }) => where.length === 0).map(({ policy }) => policy);
  return [
    ...namespaces.map(namespaceText),
    ...used.map(policyText),
    ...(unused.length === 0 ? [] : [`No workload was admitted by ${unused.join(", ")}.\n`]),
    ...notes.map((note) => `${paint("yellow", "note:")} ${note}\n`),
    countsText(namespaces),
  ].join("\n");
}

function namespaceText({ namespace, level, because, workloads }: NamespaceMigration): string {
  const lines = [
    paint("bold", `Namespace ${namespace}: ${paint("cyan", level)}`),
    ...workloads.flatMap(proofLines),
    ...(because.length === 0 ? [] : [`  no stricter level, because of`]),
    ...because.map(({ workload, refusal }) => wrap(`${workload}: ${refusal}`, 106, "    ")),
  ];
  return `${lines.join("\n")}\n`;
}

function proofLines({ kind, name, before, after, mutation }: Proof): readonly string[] {
  const head = `  ${`${kind}/${name}`.padEnd(32)} `;
  if (!before.allowed) {
    const now = after.allowed ? `, ${paint("yellow", "the level would ADMIT it")}` : "";
    return [`${head}${paint("dim", "the policies refuse it already")}${now}`, told(before.message)];
  }
  const by = `admitted by ${before.policy}`;
  if (!after.allowed) return [`${head}${by}; now ${paint("red", "REFUSED")}`, told(after.message)];
  if (typeof mutation === "string") return [`${head}${by}; now admitted, ${paint("green", mutation)}`];
  return [`${head}${by}; now admitted, but ${paint("red", "DIFFERENT")}`, ...(mutation ?? []).map(differenceLine)];
}

function told(message = ""): string {
  return wrap(message, 102, "      ");
}

function differenceLine({ field, before, after }: Difference): string {
  const text = (value: unknown) => (value === undefined ? "not set" : JSON.stringify(value));
  return `      ${field}: ${text(before)} before, ${text(after)} now`;
}

function policyText({ policy, namespaces, sets, instead, asks }: PolicyMigration): string {
  const lines = [
    paint("bold", `PodSecurityPolicy ${policy}`) + `, in ${namespaces.join(", ")}`,
    sets.length === 0 ? "  sets nothing on pods" : "  sets on pods that say nothing",
    ...sets.map((each) => `    ${each}`),
    ...(instead.length === 0 ? [] : [wrap(`instead of it: ${instead.join(", ")}`, 106, "  ")]),
    ...(asks.length === 0 ? [] : ["  asks what the level does not"]),
    ...asks.map((each) => wrap(each, 106, "    ")),
  ];
  return `${lines.join("\n")}\n`;
}

function countsText(namespaces: readonly NamespaceMigration[]): string {
  const proofs = namespaces.flatMap(({ workloads }) => workloads);
  const admitted = proofs.filter(({ before }) => before.allowed);
  const proven = admitted.filter((each) => each.proven).length;
  const refused = proofs.filter(({ before }) => !before.allowed);
  const letIn = refused.filter(({ after }) => after.allowed).length;
  const already = refused.length === 0 ? "" : `, ${refused.length} refused already`;
  const now = letIn === 0 ? "" : ` (the levels would admit ${letIn === refused.length ? "all" : letIn} of them)`;
  return `${proven} of ${admitted.length} admitted workloads proven to be admitted alike${already}${now}\n`;
}
