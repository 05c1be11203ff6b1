import type { Step } from "../apiserver/scenario.ts";
import type { Tape } from "../tape.ts";
import { type Behaviour, changing, failing, letting } from "./behaviours.ts";
import { requestsIn } from "./requests.ts";

/** A webhook configuration, the paths on which its webhooks are, and requests to try it. */
export interface Scenario {
  readonly name: string;
  readonly configurations: readonly Configuration[];
  /** What each path does: by its name in the tables. */
  readonly behaviours: readonly { readonly path: string; readonly name: string; readonly behaviour: Behaviour }[];
  readonly requests: readonly Step[];
}

// biome-ignore lint/suspicious/noExplicitAny: configurations are free-form JSON
export type Any = any;

export interface Configuration {
  readonly kind: "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration";
  /** `(hooks)` and `(ca)` in it stand for the webhook server of the peer. */
  readonly object: Any;
}

/** In a namespace `name`, whose label `space` is its name too; requests of cluster-scoped objects carry that label. */
export function scenario(tape: Tape, name: string): Scenario {
  const behaviours: { path: string; name: string; behaviour: Behaviour }[] = [];
  const isMutating = tape.below(3) < 2;
  const isNarrow = tape.oneIn(2);
  const isValidating = !isMutating || tape.oneIn(3);
  const configurations = [
    ...(isMutating ? configurationsOf("Mutating", tape, { name, isNarrow }, behaviours) : []),
    ...(isValidating ? configurationsOf("Validating", tape, { name, isNarrow }, behaviours) : []),
  ];
  return { name, configurations, behaviours, requests: requestsIn(tape, name) };
}

/** Where the webhooks of a scenario look. */
interface Place {
  /** Of the namespace. */
  readonly name: string;
  /** Only what is namespaced, whatever its labels: bodies of subresources have none. Else whatever has the label. */
  readonly isNarrow: boolean;
}

function configurationsOf(
  phase: "Mutating" | "Validating",
  tape: Tape,
  { name, isNarrow }: Place,
  behaviours: { path: string; name: string; behaviour: Behaviour }[],
): readonly Configuration[] {
  const kind = `${phase}WebhookConfiguration` as const;
  // Which of several refusals of validating webhooks is told is chance, with kube-apiserver.
  let mayFail = true;
  return tape
    .list(2, () => 0, 1)
    .map((_, at) => {
      const webhooks = tape
        .list(2, () => 0, 1)
        .map((__, index) => {
          const path = `/${name}/${phase.charAt(0).toLowerCase()}${at}${index}`;
          const [chosen, behaviour] = behaviourOf(phase, tape, mayFail);
          const isOdd = mayFail && tape.oneIn(12);
          if (phase === "Validating" && (isOdd || !(chosen in letting))) mayFail = false;
          behaviours.push({ path, name: chosen, behaviour });
          const client = isOdd ? oddClient(tape, path) : { url: `(hooks)${path}`, caBundle: "(ca)" };
          const hookName = `${phase.toLowerCase()}${at}${index}.example.com`;
          return { name: hookName, clientConfig: client, ...webhook(phase, tape, { name, isNarrow }) };
        });
      // The later configuration first: it is its name that orders.
      const metadata = { name: `${name}-${phase.toLowerCase()}-${at === 0 ? "b" : "a"}` };
      return { kind, object: { apiVersion: "admissionregistration.k8s.io/v1", kind, metadata, webhooks } };
    });
}

function behaviourOf(phase: string, tape: Tape, mayFail: boolean): readonly [string, Behaviour] {
  const tables = [letting, ...(phase === "Mutating" ? [changing, changing] : []), ...(mayFail ? [failing] : [])];
  return tape.pick(Object.entries(tape.pick(tables)));
}

/** Most take everything: what they answer is the half of it. */
function webhook(phase: string, tape: Tape, { name, isNarrow }: Place): Any {
  const narrow = isNarrow ? { scope: "Namespaced" } : {};
  const wide = { apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*/*"] };
  const sometimes = <Value>(n: number, field: string, make: () => Value) => (tape.oneIn(n) ? { [field]: make() } : {});
  return {
    rules: (tape.oneIn(3) ? tape.list(2, () => rule(tape), 1) : [wide]).map((each) => ({ ...each, ...narrow })),
    sideEffects: tape.pick(["None", "None", "NoneOnDryRun"]),
    admissionReviewVersions: tape.pick([
      ["v1"],
      ["v1"],
      ["v1beta1"],
      ["v1", "v1beta1"],
      ["v1beta1", "v1"],
      ["v9", "v1"],
    ]),
    // Long enough for a machine that has other things to do.
    timeoutSeconds: tape.pick([4, 3]),
    ...sometimes(3, "failurePolicy", () => tape.pick(["Ignore", "Fail"])),
    ...sometimes(4, "matchPolicy", () => tape.pick(["Exact", "Equivalent"])),
    ...(phase === "Mutating" ? sometimes(2, "reinvocationPolicy", () => tape.pick(["IfNeeded", "Never"])) : {}),
    ...sometimes(4, "matchConditions", () => tape.list(2, () => 0, 1).map((_, at) => condition(tape, at))),
    namespaceSelector: tape.oneIn(6) ? spaceSelector(tape, name) : { matchLabels: { space: name } },
    // Of cluster-scoped objects the namespace's selector matches all.
    objectSelector: isNarrow
      ? tape.oneIn(4)
        ? { matchExpressions: [otherLabel(tape)] }
        : {}
      : objectSelector(tape, name),
  };
}

/** A webhook server that is not there, or not the one it should be. */
function oddClient(tape: Tape, path: string): Any {
  return tape.pick([
    { url: `(hooks)${path}` },
    { url: `(hooks)${path}`, caBundle: "(otherCa)" },
    { url: `https://127.0.0.1:1${path}`, caBundle: "(ca)" },
    { url: `https://nowhere.invalid${path}`, caBundle: "(ca)" },
    { url: `(hooks)`.replace("127.0.0.1", "localhost") + path, caBundle: "(ca)" },
    { service: { name: "nothing", namespace: "default", path }, caBundle: "(ca)" },
    { service: { name: "kubernetes", namespace: "nowhere", path, port: 8443 }, caBundle: "(ca)" },
    { service: { name: "outside", namespace: "default", path, port: 1 }, caBundle: "(ca)" },
  ]);
}

function rule(tape: Tape): Any {
  return {
    apiGroups: [tape.pick(["", "*", "apps", "autoscaling", "example.com", "policy"])],
    apiVersions: [tape.pick(["v1", "*", "v2", "v1beta1"])],
    operations: tape.pick([["*"], ["CREATE"], ["UPDATE"], ["CREATE", "UPDATE"], ["DELETE"], ["CONNECT"]]),
    resources: [
      tape.pick([
        "pods",
        "*",
        "*/*",
        "pods/*",
        "*/scale",
        "*/status",
        "deployments",
        "things",
        "namespaces",
        "pods/exec",
      ]),
    ],
    ...(tape.oneIn(3) ? { scope: tape.pick(["Namespaced", "Cluster", "*"]) } : {}),
  };
}

function spaceSelector(tape: Tape, name: string): Any {
  const own = { key: "space", operator: "In", values: [name] };
  const other = tape.pick([
    { key: "team", operator: "In", values: ["a"] },
    { key: "team", operator: "NotIn", values: ["a", "b"] },
    { key: "missing", operator: "DoesNotExist" },
    { key: "team", operator: "Exists" },
  ]);
  return { matchExpressions: [own, other] };
}

function objectSelector(tape: Tape, name: string): Any {
  const own = { matchLabels: { space: name } };
  if (!tape.oneIn(5)) return own;
  return { ...own, matchExpressions: [otherLabel(tape)] };
}

function otherLabel(tape: Tape): Any {
  return tape.pick([
    { key: "app", operator: "Exists" },
    { key: "app", operator: "NotIn", values: ["web"] },
    { key: "count", operator: "DoesNotExist" },
  ]);
}

const conditions: readonly string[] = [
  "true",
  "false",
  'request.operation == "CREATE"',
  'request.resource.resource == "pods" && request.subResource == ""',
  'object != null && has(object.metadata.labels) && "app" in object.metadata.labels',
  "object.metadata.name.startsWith('p')",
  "oldObject == null",
  "!has(oldObject.spec)",
  "request.dryRun == true",
  "object.spec.nope == 1",
  "request.options.kind == 'CreateOptions'",
  "request.userInfo.username == 'admin' && 'system:masters' in request.userInfo.groups",
  "request.requestKind == request.kind",
  "authorizer.group('').resource('pods').namespace('default').check('create').allowed()",
  "authorizer.requestResource.check('update').reason() == ''",
  "object.spec.containers.all(c, c.image.contains('/') || size(c.image) < 10)",
  "[1, 2, 3][int(size(request.name))] == 1",
  "request.name != '' ? true : false",
  "request.kind.version == 'v1'",
  "quantity('1Gi').isGreaterThan(quantity('1Mi'))",
];

function condition(tape: Tape, at: number): Any {
  return { name: `condition-${at}`, expression: tape.pick(conditions) };
}
