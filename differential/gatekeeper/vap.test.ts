import assert from "node:assert/strict";
import { test } from "node:test";
import {
  admissionPolicyOf,
  bindingName,
  bindingOf,
  celEngine,
  constraintDefinition,
  Framework,
  readTemplate,
  reviewOfRequest,
} from "@sallyport/constraints";
import { builtinResources, type KubeObject, parseApiVersion } from "@sallyport/kube";
import { type LibraryPolicy, readPolicies } from "../../bench/gatekeeper/policies.ts";
import { dataFolder } from "../../conformance/suite.ts";
import type { Answer, ApiClient } from "../apiserver/api-client.ts";
import { findKubeApiserver, startKubeApiserver } from "../apiserver/peers.ts";

// What the ValidatingAdmissionPolicies that are made of gatekeeper-library's templates in CEL say on a real kube-apiserver, beside our framework.

const files = findKubeApiserver();
const options = { skip: "missing" in files && files.missing, timeout: 600_000 } as const;
const admission = "/apis/admissionregistration.k8s.io/v1";
const namespace = "default";

/** Of the objects of all samples as many are asked as an API server that no other program has touched would create. */
const minCompared = 40;

function withAction({ constraint }: LibraryPolicy, enforcementAction: string): KubeObject {
  return { ...constraint, spec: { ...(constraint["spec"] as object), enforcementAction } } as unknown as KubeObject;
}

async function created(client: ApiClient, path: string, object: KubeObject): Promise<void> {
  // A kind is served some time after it was defined.
  for (let tries = 0; ; tries++) {
    const answer = await client.ask({ method: "POST", path, body: object });
    if (answer.code === 201) return;
    const mayCome = answer.code === 404 || answer.code === 429 || isNotYetConfigured(answer);
    assert.ok(mayCome && tries < 600, `${path}: ${JSON.stringify(answer)}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

/** kube-apiserver looks for new kinds of parameters every half a minute: until then the policy refuses everything. */
function isNotYetConfigured({ code, body }: Answer): boolean {
  return code === 422 && JSON.stringify(body).includes("failed to configure policy");
}

function placeOf(object: KubeObject): string | undefined {
  const { group, version } = parseApiVersion(object.apiVersion);
  const info = builtinResources.find(
    (each) => each.group === group && each.version === version && each.kind === object.kind,
  );
  if (info === undefined || info.resource.includes("/")) return undefined;
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${root}${info.namespaced ? `/namespaces/${namespace}` : ""}/${info.resource}`;
}

/** All objects of samples in one namespace, each under a name of its own. */
function samples(
  policies: readonly LibraryPolicy[],
): readonly { readonly path: string; readonly object: KubeObject }[] {
  return policies
    .flatMap(({ objects }) => objects)
    .flatMap((each, i) => {
      const path = placeOf(each);
      const { namespace: _, ...metadata } = each.metadata;
      const place = path?.includes("/namespaces/") === true ? { namespace } : {};
      const object = { ...each, metadata: { ...metadata, ...place, name: `${metadata.name}-${i}` } };
      return path === undefined ? [] : [{ path, object }];
    });
}

/** The names of the bindings that warn of an object, by our framework. */
function expected(framework: Framework, object: KubeObject): readonly string[] {
  const { group, version } = parseApiVersion(object.apiVersion);
  const { name, namespace: own } = object.metadata;
  const request = {
    uid: "1",
    kind: { group, version, kind: object.kind },
    operation: "CREATE",
    name,
    ...(own === undefined ? {} : { namespace: own }),
    object,
  };
  const about = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
  const results = framework.review(
    reviewOfRequest(request, own === undefined ? { source: "Original" } : { namespace: about, source: "Original" }),
    "validation.gatekeeper.sh",
  );
  return [...new Set(results.map(({ constraint }) => bindingName(constraint.kind, constraint.name)))].sort();
}

function warned({ warnings }: Answer): readonly string[] {
  const names = warnings.flatMap((text) => /with binding '([^']+)'/.exec(text)?.[1] ?? []);
  return [...new Set(names)].sort();
}

test("policies made of templates warn, and refuse, as the templates do", options, async () => {
  const library = readPolicies(dataFolder({ folder: "gatekeeper-library" }));
  const made = library.flatMap((each) => {
    const policy = admissionPolicyOf(readTemplate(each.template), { failurePolicy: "Fail", isDefault: true });
    return policy === undefined ? [] : [{ each, policy }];
  });
  assert.ok(made.length > 0, "no template in CEL");
  if ("missing" in files) return;
  const peer = await startKubeApiserver(files);
  const { client } = peer;
  const framework = new Framework({ engines: [celEngine()] });
  try {
    // Pods need one, and no controller makes it here.
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } };
    await created(client, `/api/v1/namespaces/${namespace}/serviceaccounts`, account);
    for (const { each } of made) {
      const constraint = withAction(each, "warn");
      framework.addTemplate(each.template);
      framework.addConstraint(constraint);
      const definition = constraintDefinition(readTemplate(each.template));
      await created(client, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition);
      await created(client, `/apis/${constraint.apiVersion}/${constraint.kind.toLowerCase()}`, constraint);
    }
    for (const { each, policy } of made) {
      await created(client, `${admission}/validatingadmissionpolicies`, policy);
      const binding = bindingOf(withAction(each, "warn"), true) as KubeObject;
      await created(client, `${admission}/validatingadmissionpolicybindings`, binding);
    }
    const all = samples(made.map(({ each }) => each));
    const ask = ({ path, object }: (typeof all)[number]) =>
      client.ask({ method: "POST", path: `${path}?dryRun=All`, body: object });
    let compared = 0;
    const others = new Set<string>();
    for (const each of all) {
      const wanted = expected(framework, each.object);
      let answer = await ask(each);
      // Policies are in force some time after they were made.
      const isEarly = () =>
        isNotYetConfigured(answer) || (answer.code === 201 && warned(answer).length < wanted.length);
      for (let tries = 0; tries < 600 && isEarly(); tries++) {
        await new Promise((done) => setTimeout(done, 100));
        answer = await ask(each);
      }
      if (answer.code !== 201) {
        others.add((answer.body as { readonly message: string }).message);
        continue;
      }
      compared++;
      assert.deepEqual(warned(answer), wanted, JSON.stringify(each.object));
    }
    assert.ok(
      compared >= minCompared,
      `${compared} of ${all.length} objects were compared, the others: ${[...others].join("; ")}`,
    );
    await refusesToo(
      client,
      made[0]?.each as LibraryPolicy,
      all.find(({ object }) => isRefused(framework, object, made[0]?.each)),
    );
  } finally {
    await peer.close();
  }
});

function isRefused(framework: Framework, object: KubeObject, policy: LibraryPolicy | undefined): boolean {
  const name = policy && bindingName(policy.constraint.kind, policy.constraint.metadata.name ?? "");
  return expected(framework, object).some((each) => each === name);
}

/** One constraint is turned to `deny`. */
async function refusesToo(
  client: ApiClient,
  policy: LibraryPolicy,
  sample: { readonly path: string; readonly object: KubeObject } | undefined,
): Promise<void> {
  assert.ok(sample);
  const { metadata, spec } = bindingOf(withAction(policy, "deny"), true) as unknown as KubeObject & { spec: object };
  const path = `${admission}/validatingadmissionpolicybindings/${metadata.name}`;
  const patched = await client.ask({ method: "PATCH", path, type: "application/merge-patch+json", body: { spec } });
  assert.equal(patched.code, 200);
  const create = () => client.ask({ method: "POST", path: `${sample.path}?dryRun=All`, body: sample.object });
  let answer = await create();
  for (let tries = 0; tries < 100 && answer.code === 201; tries++) {
    await new Promise((done) => setTimeout(done, 100));
    answer = await create();
  }
  assert.equal(answer.code, 422);
  assert.match(
    (answer.body as { readonly message: string }).message,
    new RegExp(`with binding '${metadata.name}' denied request: `),
  );
}
