import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { KubeObject } from "@sallyport/kube";
import { readManifests } from "../../packages/cli/src/manifests.ts";
import { policy, samples, spaces } from "../../packages/cli/src/one-answer.fixture.ts";
import { podSecurityCases } from "../admission/pod-security.ts";
import { type AdmissionCase, policyCases } from "../admission/policies.ts";
import { subjects } from "../apiserver/scenario.ts";
import { type ClusterCase, namespaceWithAccount, policyConfigMap } from "./case.ts";

/** Every sample of the repository: of one answer, of the tour, of kinds, of policies in CEL; and upstream's of Pod Security. */
export function ownCases(): readonly ClusterCase[] {
  return [
    ...oneAnswerCases(),
    ...tourCases(),
    ...kindCases(),
    ...policyCases().map(caseOf),
    ...withNamespaces(podSecurityCases().map(caseOf)),
  ];
}

function oneAnswerCases(): readonly ClusterCase[] {
  const accounts = spaces.map(({ metadata: { name = "" } }) => namespaceWithAccount(name)[1] as KubeObject);
  const before = [...spaces, ...accounts, policyConfigMap("one-answer", within(policy.text, ["open", "strict"]))];
  return samples.map((object) => ({ name: `one answer/${object.metadata.name}`, before, object }));
}

/** A policy that keeps out of the way of other cases' objects. */
function within(text: string, spaces: readonly string[]): string {
  const guard = `input.request.namespace in ${JSON.stringify(spaces)}`;
  return text
    .replaceAll(/input\.request\.kind\.kind == "\w+"/g, (condition) => `${condition}; ${guard}`)
    .replaceAll(/if (some c in input.*)/g, `if { ${guard}; $1 }`);
}

const tour = new URL("../../packages/cli/tour/gate/", import.meta.url);

/** The tour's objects under the tour's policies. */
function tourCases(): readonly ClusterCase[] {
  const text = (name: string) => readFileSync(new URL(name, tour), "utf8");
  const object = (name: string) =>
    inSpace(readManifests([fileURLToPath(new URL(name, tour))], () => "")[0]?.value as unknown as KubeObject, "tour");
  const before = [
    ...namespaceWithAccount("tour", { "pod-security.kubernetes.io/enforce": "baseline" }),
    ...["untrusted-registry", "ingress-conflict", "defaults"].map((name) =>
      policyConfigMap(name, within(text(`${name}.rego`), ["tour"]).replace('== "shop"', '== "tour"')),
    ),
  ];
  const shop = object("ingress-shop.yaml");
  return [
    { name: "tour/the first ingress", before, object: shop },
    { name: "tour/a copycat", before: [...before, shop], object: object("ingress-copycat.yaml") },
    { name: "tour/privileged", before, object: object("privileged.yaml") },
  ];
}

/** But for a Binding, which is no object: it is nothing that a file could bring. */
function kindCases(): readonly ClusterCase[] {
  const all = subjects("kind").filter(({ object }) => object.kind !== "Binding");
  return all.map(({ object, info, name }) => ({
    name: `kinds/${object.kind} ${name}`,
    before: namespaceWithAccount("kinds"),
    object: info.namespaced ? inSpace(object, "kinds") : object,
  }));
}

function caseOf({ name, before, asked }: AdmissionCase): ClusterCase {
  return { name, before: before.map(placed), object: placed(asked) };
}

/** Each with all that is made in its namespace, not only the first. */
function withNamespaces(cases: readonly ClusterCase[]): readonly ClusterCase[] {
  const made = new Map<string | undefined, ClusterCase["before"]>();
  return cases.map((each) => {
    const { namespace } = each.object.metadata;
    if (!made.has(namespace)) made.set(namespace, each.before);
    return { ...each, before: made.get(namespace) ?? [] };
  });
}

/** Steps say in their paths where an object lies. */
function placed({ path, body }: AdmissionCase["asked"]): KubeObject {
  const namespace = /\/namespaces\/([^/]+)\//.exec(path)?.[1];
  return namespace === undefined ? (body as KubeObject) : inSpace(body as KubeObject, namespace);
}

function inSpace(object: KubeObject, namespace: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace } };
}
