import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client, kubeconfigConnection } from "@sallyport/cluster";
import { StatusError } from "@sallyport/kube";
import { openGatehouse } from "./gatehouse.ts";

interface Asked {
  readonly uid: string;
  readonly object: { readonly metadata: { readonly labels?: { readonly [name: string]: string } } };
}

/** What a webhook does with a request; the path is its name. */
type Hook = (asked: Asked, response: ServerResponse, path: string) => void;

/** Answers with operations of a JSON patch. */
const patches =
  (operationsFor: (asked: Asked, path: string) => readonly object[]): Hook =>
  (asked, response, path) =>
    answer(response, { uid: asked.uid, patch: base64(operationsFor(asked, path)), patchType: "JSONPatch" });

function answer(response: ServerResponse, fields: object): void {
  const review = { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", response: { allowed: true, ...fields } };
  response.setHeader("content-type", "application/json").end(JSON.stringify(review));
}

function base64(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64");
}

const kind = "MutatingWebhookConfiguration";
const api = "/apis/admissionregistration.k8s.io/v1";

/** What creating a pod is answered behind these webhooks, and how often they were asked. */
async function created(hook: Hook, names: readonly string[], changed: object): Promise<readonly [string, number]> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bad-webhooks-"));
  const faults: unknown[] = [];
  const onFault = (error: unknown) => faults.push(error);
  const gatehouse = await openGatehouse({ folder, host: "127.0.0.1", port: 0, memory: true, chain: {}, onFault });
  const read = (name: string) => readFileSync(join(folder, "pki", name), "utf8");
  let calls = 0;
  const server = createServer({ cert: read("server.crt"), key: read("server.key") }, async (request, response) => {
    calls++;
    hook((JSON.parse(await textOf(request)) as { request: Asked }).request, response, request.url ?? "");
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const client = new Client(kubeconfigConnection(gatehouse.kubeconfigFile, { environment: {}, now: Date.now }));
  try {
    const webhooks = names.map((name) => ({
      name: `${name}.example.com`,
      clientConfig: {
        url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/${name}`,
        caBundle: Buffer.from(read("ca.crt")).toString("base64"),
      },
      rules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], operations: ["CREATE"] }],
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      ...changed,
    }));
    const body = { kind, apiVersion: "admissionregistration.k8s.io/v1", metadata: { name: "bad" }, webhooks };
    await client.ask(`${api}/mutatingwebhookconfigurations`, { method: "POST", body });
    return [await createPod(client), calls];
  } finally {
    client.close();
    server.closeAllConnections();
    server.close();
    await gatehouse.close();
    rmSync(folder, { recursive: true, force: true });
    assert.deepEqual(faults, []);
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}

/** The pod's labels, or the refusal with its code; without the webhook's port and the request's uid. */
async function createPod(client: Client): Promise<string> {
  const body = { metadata: { name: "p" }, spec: { containers: [{ name: "a", image: "x:1" }] } };
  try {
    const made = await client.ask("/api/v1/namespaces/default/pods", { method: "POST", body });
    return JSON.stringify((made as Asked["object"]).metadata.labels ?? {});
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return `${error.status.code} ${error.message.replace(/127\.0\.0\.1:\d+/g, "HOOK").replace(/[\da-f]{8}-[\da-f-]{27}/, "UID")}`;
  }
}

const failed = 'Internal error occurred: failed calling webhook "a.example.com": ';
const called = `${failed}failed to call webhook: `;

interface Case {
  readonly hook: Hook;
  readonly names?: readonly string[];
  /** Of the configuration. */
  readonly changed?: object;
  readonly answer: string;
  readonly calls?: number;
}

const cases: { readonly [what: string]: Case } = {
  hangs: {
    hook: () => {},
    changed: { timeoutSeconds: 1 },
    answer: `500 ${called}Post "https://HOOK/a?timeout=1s": context deadline exceeded`,
  },
  "hangs and may": { hook: () => {}, changed: { timeoutSeconds: 1, failurePolicy: "Ignore" }, answer: "{}" },
  "hangs amid its answer": {
    hook: (_, response) => void response.write("{"),
    changed: { timeoutSeconds: 1 },
    answer: `500 ${called}unexpected error when reading response body. Please retry. Original error: context deadline exceeded`,
  },
  "answers garbage": {
    hook: (_, response) => void response.end("<html>"),
    answer: `500 ${called}couldn't get version/kind; json parse error: json: cannot unmarshal string into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
  },
  "breaks off": {
    hook: (_, response) => void response.destroy(),
    answer: `500 ${called}Post "https://HOOK/a?timeout=10s": EOF`,
  },
  "answers more than anybody should": {
    hook: (_, response) => void response.end("x".repeat(9 * 1024 * 1024)),
    answer: `500 ${called}unexpected error when reading response body. Please retry. Original error: the answer is larger than 8388608 bytes`,
  },
  "answers another uid": {
    hook: (_, response) => answer(response, { uid: "other" }),
    answer: `500 ${failed}received invalid webhook response: expected response.uid="UID", got "other"`,
  },
  "sends a patch that does not apply": {
    hook: patches(() => [{ op: "remove", path: "/spec/nope" }]),
    answer:
      "500 Internal error occurred: error in remove for path: '/spec/nope': Unable to remove nonexistent key: nope: missing value",
  },
  "sends a patch that makes the pod invalid": {
    hook: patches(() => [{ op: "replace", path: "/spec/containers/0/name", value: "Not A Name" }]),
    answer: `422 Pod "p" is invalid: spec.containers[0].name: Invalid value: "Not A Name": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
  },
  "sends a patch that leaves no pod": {
    hook: patches(() => [{ op: "replace", path: "/spec/containers", value: 7 }]),
    answer:
      "500 Internal error occurred: json: cannot unmarshal number into Go struct field PodSpec.spec.containers of type []v1.Container",
  },
  "sends a patch of a hundred thousand lists within each other": {
    hook: (asked, response) => {
      const value = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
      const patch = Buffer.from(`[{"op":"add","path":"/metadata/annotations","value":{"a":${value}}}]`).toString(
        "base64",
      );
      answer(response, { uid: asked.uid, patch, patchType: "JSONPatch" });
    },
    answer: `500 ${failed}received undecodable patch in webhook response: exceeded max depth`,
  },
  "sends a patch of lists as deep as JSON may be": {
    hook: (asked, response) => {
      const value = `${"[".repeat(9_990)}${"]".repeat(9_990)}`;
      const patch = Buffer.from(`[{"op":"add","path":"/metadata/annotations","value":{"a":${value}}}]`).toString(
        "base64",
      );
      answer(response, { uid: asked.uid, patch, patchType: "JSONPatch" });
    },
    answer: "500 Internal error occurred: exceeded max depth of 1000",
  },
  "sends a patch of a hundred thousand annotations": {
    hook: patches(() => [
      {
        op: "add",
        path: "/metadata/annotations",
        value: Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, "v"])),
      },
    ]),
    answer: '422 Pod "p" is invalid: metadata.annotations: Too long: may not be more than 262144 bytes',
  },
  "sends a patch that another undoes, and both ask to be called again": {
    // Each sets what the other has not.
    hook: patches((_, path) => [
      { op: "add", path: "/metadata/labels", value: { by: path.replace(/^\/|\?.*$/g, "") } },
    ]),
    names: ["a", "b"],
    changed: { reinvocationPolicy: "IfNeeded" },
    answer: '{"by":"b"}',
    // Once more each, and then no more.
    calls: 4,
  },
};

for (const [what, { hook, names = ["a"], changed = {}, answer: wanted, calls = 1 }] of Object.entries(cases))
  test(`a webhook that ${what}`, async () => assert.deepEqual(await created(hook, names, changed), [wanted, calls]));
