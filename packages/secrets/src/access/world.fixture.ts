import type { PolicyRule } from "@sallyport/kube";
import { editText } from "./edit.ts";
import { type WhoCanOptions, whoCan } from "./who-can.ts";
import { identityText, type Question, type WorldObject } from "./world.ts";
import { worldOf } from "./world-of.ts";

const rbacVersion = "rbac.authorization.k8s.io/v1";

/**
 * A world, one object a line:
 *
 *     Role prod/reader: get,list secrets [db]; create deployments.apps
 *     ClusterRole all labels=a gathers=b: * *.*
 *     RoleBinding prod/b Role reader: User jane, Group devs, ServiceAccount ci/builder
 *     ClusterRoleBinding b all: Group devs
 *     Pod prod/web account=app secret=db node=n1 token=no     also Deployment
 *     Secret prod/t account=app      Namespace prod enforce=baseline      ServiceAccount prod/app      Node n1
 */
export function objectsOf(text: string): readonly WorldObject[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "").map(objectOf);
}

/** `prod/db`, or `prod/` for any secret there. */
export function readingOf(place: string): Question {
  const [namespace = "", name = ""] = place.split("/");
  return { verb: "get", group: "", resource: "secrets", namespace, ...(name === "" ? {} : { name }) };
}

/** `User jane: takeovers > takeovers > reading`, each path of each subject, in order. */
export function pathsText(text: string, question: Question, options: WhoCanOptions = {}): readonly string[] {
  return whoCan(worldOf(objectsOf(text)), question, options).subjects.flatMap(({ subject, paths }) =>
    paths.map(({ steps }) => `${identityText(subject)}: ${steps.map(({ way }) => way).join(" > ")}`),
  );
}

/** What cuts each path of each subject. */
export function editTexts(text: string, question: Question): readonly string[] {
  return whoCan(worldOf(objectsOf(text)), question).subjects.flatMap(({ subject, paths }) =>
    paths.map(({ edit }) => `${identityText(subject)}: ${edit === undefined ? "nothing" : editText(edit)}`),
  );
}

function objectOf(line: string): WorldObject {
  const [head = "", tail = ""] = splitOnce(line.replace(/:$/, ""), ": ");
  const [kind = "", place = "", ...words] = head.split(" ");
  const [namespace, name] = place.includes("/") ? (place.split("/") as [string, string]) : [undefined, place];
  const settings = Object.fromEntries(words.filter((each) => each.includes("=")).map((each) => splitOnce(each, "=")));
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  switch (kind) {
    case "Role":
    case "ClusterRole":
      return role(kind, metadata, settings, tail);
    case "RoleBinding":
    case "ClusterRoleBinding": {
      const plain = words.filter((each) => !each.includes("="));
      const ref = plain.length === 2 ? { kind: plain[0], name: plain[1] } : { kind: "ClusterRole", name: plain[0] };
      return { apiVersion: rbacVersion, kind, metadata, roleRef: ref, subjects: tail.split(", ").map(subject) };
    }
    case "Pod":
    case "Deployment": {
      const spec = podSpec(settings);
      return { apiVersion: "v1", kind, metadata, spec: kind === "Pod" ? spec : { template: { spec } } };
    }
    case "Namespace": {
      const { enforce } = settings;
      const labels = enforce === undefined ? {} : { labels: { "pod-security.kubernetes.io/enforce": enforce } };
      return { apiVersion: "v1", kind, metadata: { name, ...labels } };
    }
    case "Secret": {
      const { account } = settings;
      const annotations = { "kubernetes.io/service-account.name": account ?? "" };
      return account === undefined
        ? { apiVersion: "v1", kind, metadata, type: "Opaque" }
        : {
            apiVersion: "v1",
            kind,
            metadata: { ...metadata, annotations },
            type: "kubernetes.io/service-account-token",
          };
    }
    default:
      return { apiVersion: "v1", kind, metadata };
  }
}

function role(
  kind: string,
  metadata: WorldObject["metadata"],
  { labels, gathers, bootstrap }: { readonly [name: string]: string },
  text: string,
): WorldObject {
  const all = {
    ...(labels === undefined ? {} : { [labels]: "yes" }),
    ...(bootstrap === undefined ? {} : { "kubernetes.io/bootstrapping": "rbac-defaults" }),
  };
  const rules = text === "" ? [] : text.split("; ").map(ruleOf);
  const selectors = { clusterRoleSelectors: [{ matchLabels: { [gathers ?? ""]: "yes" } }] };
  const aggregation = gathers === undefined ? {} : { aggregationRule: selectors };
  return { apiVersion: rbacVersion, kind, metadata: { ...metadata, labels: all }, rules, ...aggregation };
}

/** `get,list secrets,pods/exec [a,b]`, of other groups `deployments.apps`, `*.*` for all. */
function ruleOf(text: string): PolicyRule {
  const [, verbs = "", resources = "", names] = /^(\S+) (\S+)(?: \[(.*)\])?$/.exec(text) ?? [];
  const all = resources.split(",").map((each) => {
    const [path = "", subresource] = each.split("/") as [string, string?];
    const [resource = "", group = ""] = splitOnce(path, ".");
    return { group, path: subresource === undefined ? resource : `${resource}/${subresource}` };
  });
  return {
    verbs: verbs.split(","),
    apiGroups: [...new Set(all.map(({ group }) => group))],
    resources: all.map(({ path }) => path),
    ...(names === undefined ? {} : { resourceNames: names.split(",") }),
  };
}

function subject(text: string): object {
  const [kind = "", place = ""] = splitOnce(text, " ");
  if (kind !== "ServiceAccount") return { kind, name: place };
  const [namespace, name] = place.split("/");
  return { kind, name, namespace };
}

function podSpec({ account, secret, pull, node, token }: { readonly [name: string]: string }): object {
  return {
    ...(account === undefined ? {} : { serviceAccountName: account }),
    ...(node === undefined ? {} : { nodeName: node }),
    ...(token === "no" ? { automountServiceAccountToken: false } : {}),
    ...(pull === undefined ? {} : { imagePullSecrets: [{ name: pull }] }),
    ...(secret === undefined ? {} : { volumes: [{ name: "v", secret: { secretName: secret } }] }),
    containers: [{ name: "c", image: "i" }],
  };
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}
