import assert from "node:assert/strict";
import { request } from "node:https";
import { test } from "node:test";
import { gatekeeperDefinitions } from "@sallyport/constraints";
import { openWebhook } from "../webhook.ts";
import { type Bed, constraint, eventually, type Fields, template, withGatekeeper } from "./gatekeeper.fixture.ts";

const owned = template(
  "NeedLabels",
  'l := input.parameters.labels[_]; not input.review.object.metadata.labels[l]; msg := sprintf("no %v", [l])',
);
const needs = (name: string, label: string) => constraint("NeedLabels", name, `{parameters: {labels: [${label}]}}`);

/** Asks a webhook of a ConfigMap; answers its refusal, or `allowed`, or why it does not answer. */
function review(url: string, path: string, labels: object): Promise<Fields | string> {
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "default", labels } };
  const asked = {
    uid: "1",
    kind: { group: "", version: "v1", kind: "ConfigMap" },
    resource: { group: "", version: "v1", resource: "configmaps" },
    name: "a",
    namespace: "default",
    operation: "CREATE",
    userInfo: { username: "u", groups: [] },
    object,
  };
  const body = JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request: asked });
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${url}${path}`,
      { method: "POST", rejectUnauthorized: false, agent: false },
      (incoming) => {
        let text = "";
        incoming.on("data", (chunk) => {
          text += chunk;
        });
        incoming.on("end", () => resolve(incoming.statusCode === 200 ? JSON.parse(text).response : text));
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function get(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { rejectUnauthorized: false, agent: false }, (incoming) => {
      let text = "";
      incoming.on("data", (chunk) => {
        text += chunk;
      });
      incoming.on("end", () => resolve(text));
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

/** An API server that knows nothing of Gatekeeper but its definitions, with a webhook beside it. */
function withWebhook(run: (bed: Bed, url: string) => Promise<void>): Promise<void> {
  return withGatekeeper(
    async (bed) => {
      for (const each of gatekeeperDefinitions) {
        const { status: _, ...definition } = each;
        await bed.client.ask("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
          method: "POST",
          body: definition,
        });
      }
      await bed.client.ask("/api/v1/namespaces", { method: "POST", body: { metadata: { name: "sallyport" } } });
      const served = await eventually(
        () => bed.get("/apis/templates.gatekeeper.sh/v1/constrainttemplates"),
        (each) => each["items"] !== undefined,
      );
      assert.deepEqual(served["items"], []);
      assert.equal(await bed.apply(owned), "created");
      const webhook = await openWebhook({
        connection: bed.connection,
        host: "127.0.0.1",
        port: 0,
        chain: {},
        plugins: [],
        policies: [],
        replicate: [],
        gatekeeper: { id: "pod-1", namespace: "gatekeeper-system" },
        tls: {
          secret: { namespace: "sallyport", name: "tls" },
          names: ["localhost"],
          configurations: { mutating: [], validating: [] },
        },
        drainMs: 0,
        say: (text) => assert.fail(text),
      });
      try {
        await run(bed, webhook.server.url);
      } finally {
        await webhook.close();
      }
    },
    { disable: ["Gatekeeper"] },
  );
}

test("webhook --gatekeeper: templates of another API server get their kinds and statuses, and constraints are enforced as they come", () =>
  withWebhook(async (bed, url) => {
    const answer = (wanted: (answer: Fields) => boolean, labels: object = {}) =>
      eventually(
        () => review(url, "/validate", labels),
        (each) => typeof each !== "string" && wanted(each),
      );
    assert.equal(((await answer(({ allowed }) => allowed)) as Fields)["allowed"], true);
    assert.equal(await bed.apply(needs("must-own", "owner")), "created");
    const denied = (await answer(({ allowed }) => !allowed)) as Fields;
    assert.equal(denied["status"].message, "[must-own] no owner");
    assert.equal(denied["status"].code, 403);
    assert.equal(((await answer(({ allowed }) => allowed, { owner: "me" })) as Fields)["allowed"], true);
    const status = await eventually(
      () => bed.get("/apis/constraints.gatekeeper.sh/v1beta1/needlabels/must-own"),
      (each) => each["status"]?.byPod !== undefined,
    );
    assert.equal(status["status"].byPod[0].id, "pod-1");
    const metrics = await get(`${url}/metrics`);
    assert.match(metrics, /^gatekeeper_constraints\{enforcement_action="deny",status="active"\} 1$/m);
    assert.match(metrics, /^gatekeeper_validation_request_count_total\{.*admission_status="deny"\} [1-9]/m);
    assert.match(metrics, /^gatekeeper_constraint_template_ingestion_count_total\{status="active"\} [1-9]/m);
    assert.match(metrics, /^sallyport_webhook_ready 1$/m);
    await bed.remove("/apis/constraints.gatekeeper.sh/v1beta1/needlabels/must-own");
    assert.equal(((await answer(({ allowed }) => allowed)) as Fields)["allowed"], true);
  }));
