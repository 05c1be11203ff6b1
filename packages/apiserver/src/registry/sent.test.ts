import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import type { WebhookPost } from "@sallyport/admission";
import { type Call, withServer } from "../server.fixture.ts";

/** A request below a namespace with a pod and a service account, and the reviews that a webhook of each phase gets: operation, kind, resource, what is told. */
type Case = readonly [path: string, call: Call, ...reviews: readonly string[]];

const scale = { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "d" }, spec: { replicas: 3 } };
const merge = { method: "PATCH", type: "application/merge-patch+json" };

const twice = (review: string) => [`mutating ${review}`, `validating ${review}`];

const cases: readonly Case[] = [
  [
    "pods/p/eviction?dryRun=All",
    { body: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "p" } } },
    ...twice("CREATE Eviction pods/eviction p"),
  ],
  [
    "pods/p/binding?dryRun=All",
    { body: { metadata: { name: "p" }, target: { name: "n" } } },
    ...twice("CREATE Binding pods/binding p"),
  ],
  [
    "bindings?dryRun=All",
    { body: { metadata: { name: "p" }, target: { name: "n" } } },
    ...twice("CREATE Binding bindings p"),
  ],
  [
    "serviceaccounts/a/token",
    { body: { spec: { audiences: ["x"] } } },
    "mutating CREATE TokenRequest serviceaccounts/token a",
    "validating CREATE TokenRequest serviceaccounts/token a (named a)",
  ],
  ["deployments/d/scale", { method: "PUT", body: scale }, ...twice("UPDATE Scale deployments/scale d replicas 3")],
  [
    "deployments/d/scale",
    { ...merge, body: { spec: { replicas: 4 } } },
    ...twice("UPDATE Scale deployments/scale d replicas 4"),
  ],
  ["pods/p/exec?command=ls&stdout=1", { method: "POST" }, ...twice("CONNECT PodExecOptions pods/exec p ls")],
  ["pods/p/portforward?ports=80", {}, ...twice("CONNECT PodPortForwardOptions pods/portforward p [80]")],
  ["services/none/proxy/a/", {}, ...twice("CONNECT ServiceProxyOptions services/proxy none /a/")],
  ["pods?dryRun=All", { method: "DELETE" }, ...twice("DELETE Pod pods")],
];

// biome-ignore lint/suspicious/noExplicitAny: a review's request is free-form JSON
function told({ operation, kind, resource, subResource, name, object }: any): string {
  const place = subResource === undefined ? resource.resource : `${resource.resource}/${subResource}`;
  const { spec, command, ports, path, metadata } = object ?? {};
  const replicas = kind.kind === "Scale" ? `replicas ${spec.replicas}` : undefined;
  const named = kind.kind === "TokenRequest" && metadata.name !== undefined ? `(named ${metadata.name})` : undefined;
  return [operation, kind.kind, place, name, replicas, named, command, ports && JSON.stringify(ports), path]
    .filter((each) => each !== undefined)
    .join(" ");
}

const everything = [{ apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*/*"] }];

const configuration = (phase: "Mutating" | "Validating") => ({
  metadata: { name: "all" },
  webhooks: [
    {
      name: "all.example.com",
      clientConfig: { url: `https://hook.example.com/${phase.toLowerCase()}` },
      rules: everything,
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
    },
  ],
});

test("webhooks are asked of what is sent to subresources, and of connections", async () => {
  const reviews: string[] = [];
  const post = async ({ url, body }: WebhookPost) => {
    const { apiVersion, kind, request } = JSON.parse(body);
    reviews.push(`${new URL(url).pathname.slice(1)} ${told(request)}`);
    const response = { uid: request.uid, allowed: true };
    return { code: 200, type: "application/json", body: JSON.stringify({ apiVersion, kind, response }) };
  };
  const effects = { now: Date.now, ticks: () => 0, randomBytes: (size: number) => randomBytes(size), post };
  await withServer(
    async ({ call }) => {
      const [core, apps] = ["/api/v1/namespaces/default", "/apis/apps/v1/namespaces/default"];
      const spec = { containers: [{ name: "c", image: "i" }] };
      const labels = { a: "b" };
      for (const name of ["a", "default"]) await call(`${core}/serviceaccounts`, { body: { metadata: { name } } });
      await call(`${core}/pods`, { body: { metadata: { name: "p" }, spec } });
      const template = { metadata: { labels }, spec };
      await call(`${apps}/deployments`, {
        body: { metadata: { name: "d" }, spec: { selector: { matchLabels: labels }, template } },
      });
      for (const phase of ["Mutating", "Validating"] as const)
        await call(`/apis/admissionregistration.k8s.io/v1/${phase.toLowerCase()}webhookconfigurations`, {
          body: configuration(phase),
        });
      for (const [path, asked, ...wanted] of cases) {
        reviews.length = 0;
        await call(`${path.startsWith("deployments") ? apps : core}/${path}`, asked);
        assert.deepEqual(reviews, wanted, path);
      }
    },
    { effects, controllers: [] },
  );
});
