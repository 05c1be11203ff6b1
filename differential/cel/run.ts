import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "../apiserver/api-client.ts";
import type { AuditedPeer } from "../webhooks/peers.ts";

/** An expression of which the servers say different things: when the policy was written, or evaluated. */
export interface CelDifference {
  readonly expression: string;
  readonly theirs: readonly string[];
  readonly ours: readonly string[];
}

export interface CelCounts {
  readonly expressions: number;
  /** By kube-apiserver: not compiled; evaluated to an error, or to a value. */
  readonly refused: number;
  readonly failed: number;
  readonly told: number;
  readonly differences: readonly CelDifference[];
}

/** Validations of a policy: one request evaluates them all. */
const perPolicy = 20;

/** Policies that lie on the servers at once. */
const perRound = 25;

/** A real kube-apiserver looks for new policies once a second, and compiles them. */
const settleMs = 3000;

const registration = "/apis/admissionregistration.k8s.io/v1";
const sides = ["theirs", "ours"] as const;

/** The same expressions, each of type string, in ValidatingAdmissionPolicies of both servers: what compiling says of them, and what they come to. */
export async function compareExpressions(
  peers: { readonly theirs: AuditedPeer; readonly ours: AuditedPeer },
  texts: readonly string[],
  progress: (done: number, different: number) => void = () => {},
): Promise<CelCounts> {
  const differences: CelDifference[] = [];
  const counts = { expressions: 0, refused: 0, failed: 0, told: 0 };
  await both("/api/v1/namespaces", { metadata: { name: "cel", labels: { team: "a" } } });
  for (let from = 0; from < texts.length; from += perPolicy * perRound) {
    const round = texts.slice(from, from + perPolicy * perRound);
    const policies = Array.from({ length: Math.ceil(round.length / perPolicy) }, (_, i) => ({
      name: `p${from}-${i}`,
      texts: round.slice(i * perPolicy, (i + 1) * perPolicy),
    }));
    const installed: { readonly name: string; readonly texts: readonly string[] }[] = [];
    for (const { name, texts: all } of policies) installed.push({ name, texts: await install(name, all) });
    await sleep(settleMs);
    for (const each of installed) await evaluate(each.name, each.texts);
    for (const { name } of installed) await remove(name);
    counts.expressions += round.length;
    progress(counts.expressions, differences.length);
  }
  return { ...counts, differences };

  async function both(path: string, body: object, method = "POST"): Promise<readonly [Answer, Answer]> {
    const [theirs, ours] = await Promise.all(sides.map((side) => peers[side].client.ask({ method, path, body })));
    return [theirs as Answer, ours as Answer];
  }

  /** Answers the expressions that compile. */
  async function install(name: string, all: readonly string[]): Promise<readonly string[]> {
    const [theirs, ours] = await both(`${registration}/validatingadmissionpolicies`, policy(name, all));
    const [their, our] = [faultsOf(theirs, all), faultsOf(ours, all)];
    compare(all, their, our);
    counts.refused += their.size;
    const good = all.filter((_, i) => !their.has(i) && !our.has(i));
    if (good.length < all.length) {
      if (ours.code < 300) await remove(name);
      await both(`${registration}/validatingadmissionpolicies`, policy(name, good));
    }
    await both(`${registration}/validatingadmissionpolicybindings`, binding(name));
    return good;
  }

  async function evaluate(name: string, all: readonly string[]): Promise<void> {
    const id = `00000000-0000-0000-0000-${name.replace(/\D/g, "").padStart(12, "0")}`;
    const body = { metadata: { name, labels: { policy: name } }, data: { a: "first", b: "b", n: "12" } };
    const found = await Promise.all(
      sides.map(async (side) => {
        await peers[side].client.ask({
          method: "POST",
          path: "/api/v1/namespaces/cel/configmaps?dryRun=All",
          headers: { "audit-id": id },
          body,
        });
        return messagesOf(peers[side], id);
      }),
    );
    const [their = new Map(), our = new Map()] = found;
    for (const messages of their.values() as Iterable<readonly string[]>)
      if (messages.some((each) => / resulted in error: /.test(each))) counts.failed++;
      else counts.told++;
    compare(all, their, our);
  }

  function compare(all: readonly string[], their: Said, our: Said): void {
    for (const [i, expression] of all.entries()) {
      const [theirs = [], ours = []] = [their.get(i), our.get(i)];
      if (JSON.stringify(theirs) !== JSON.stringify(ours)) differences.push({ expression, theirs, ours });
    }
  }

  async function remove(name: string): Promise<void> {
    for (const kind of ["validatingadmissionpolicybindings", "validatingadmissionpolicies"])
      await both(`${registration}/${kind}/${name}`, {}, "DELETE");
  }
}

/** By the number of the validation. */
type Said = ReadonlyMap<number, readonly string[]>;

function policy(name: string, texts: readonly string[]): object {
  return {
    metadata: { name },
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        namespaceSelector: { matchLabels: { team: "a" } },
        objectSelector: { matchLabels: { policy: name } },
        resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] }],
      },
      variables: [
        { name: "flag", expression: "object.metadata.name != ''" },
        { name: "number", expression: "size(object.data) * 7" },
        { name: "text", expression: "namespaceObject.metadata.name + '-é'" },
        { name: "table", expression: '{"a": 1}' },
      ],
      // A policy without validations is none.
      validations: [
        ...texts.map((text) => ({ expression: `(${text}) == "~"`, messageExpression: text })),
        { expression: "true" },
      ],
    },
  };
}

function binding(name: string): object {
  return { metadata: { name }, spec: { policyName: name, validationActions: ["Audit"] } };
}

/** What compiling says, without the expressions themselves. */
function faultsOf({ code, body }: Answer, texts: readonly string[]): Said {
  if (code < 300) return new Map();
  const { details, message } = body as {
    readonly message?: string;
    readonly details?: { readonly causes?: readonly { readonly field?: string; readonly message?: string }[] };
  };
  const said = new Map<number, string[]>();
  for (const { field = "", message: why = "" } of details?.causes ?? []) {
    const index = Number(/^spec\.validations\[(\d+)\]/.exec(field)?.[1] ?? -1);
    said.set(index, [...(said.get(index) ?? []), `${field.replace(/\[\d+\]/, "")}: ${why}`]);
  }
  if (said.size === 0) return new Map(texts.map((_, i) => [i, [String(message)]]));
  return said;
}

/** What the audit log tells of the validations that failed. */
async function messagesOf({ events }: AuditedPeer, id: string): Promise<Said> {
  for (let tries = 0; tries < 40; tries++) {
    const event = events().findLast((each) => each["auditID"] === id);
    if (event === undefined) {
      await sleep(25);
      continue;
    }
    const annotations = (event["annotations"] ?? {}) as { readonly [key: string]: string };
    const text = annotations["validation.policy.admission.k8s.io/validation_failure"] ?? "[]";
    const failures = JSON.parse(text) as readonly { readonly message: string; readonly expressionIndex: number }[];
    return new Map(failures.map(({ message, expressionIndex }) => [expressionIndex, [message]]));
  }
  throw new Error("no event in the audit log");
}
