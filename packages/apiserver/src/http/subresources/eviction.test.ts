import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bed, withServer } from "../../server.fixture.ts";

const pods = "/api/v1/namespaces/default/pods";
const budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
const labels = { app: "web" };

async function withBudget(spec: object, run: (bed: Bed) => Promise<void>): Promise<void> {
  await withServer(
    async (bed) => {
      await bed.call(budgets, {
        body: { metadata: { name: "web" }, spec: { selector: { matchLabels: labels }, ...spec } },
      });
      for (const name of ["a", "b"]) await addPod(bed, name);
      await run(bed);
    },
    { controllers: ["*", "-podgc"] },
  );
}

async function addPod({ call }: Bed, name: string): Promise<void> {
  const spec = { containers: [{ name: "web", image: "web:1" }] };
  await call(pods, { body: { metadata: { name, labels }, spec } });
  const conditions = [{ type: "Ready", status: "True" }];
  const body = { status: { phase: "Running", conditions } };
  await call(`${pods}/${name}/status`, { method: "PATCH", type: "application/merge-patch+json", body });
}

const evict = ({ call }: Bed, name: string, body: object = {}) =>
  call(`${pods}/${name}/eviction`, {
    body: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name }, ...body },
  });

async function untilAllowed({ call }: Bed, allowed: number): Promise<void> {
  for (;;) {
    const { body } = await call(`${budgets}/web`);
    if (body.status.observedGeneration > 0 && body.status.disruptionsAllowed === allowed) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("a budget allows so many evictions, and refuses the next with what it needs", () =>
  withBudget({ minAvailable: 1 }, async (bed) => {
    await untilAllowed(bed, 1);
    const dry = await evict(bed, "a", { deleteOptions: { dryRun: ["All"] } });
    assert.equal(dry.code, 201);
    assert.equal((await evict(bed, "a")).code, 201);
    assert.equal((await bed.call(`${pods}/a`)).code, 404);
    await untilAllowed(bed, 0);
    const { code, body } = await evict(bed, "b");
    assert.equal(code, 429);
    assert.equal(body.reason, "TooManyRequests");
    assert.equal(body.message, "Cannot evict pod as it would violate the pod's disruption budget.");
    const message = "The disruption budget web needs 1 healthy pods and has 1 currently";
    assert.deepEqual(body.details, { causes: [{ reason: "DisruptionBudget", message }] });
    assert.equal((await bed.call(`${pods}/b`)).code, 200);
  }));

test("two budgets for a pod are one too many; a pod that is not ready goes by the budget's policy", () =>
  withBudget({ minAvailable: 2 }, async (bed) => {
    await untilAllowed(bed, 0);
    const type = "application/merge-patch+json";
    const notReady = { status: { conditions: [{ type: "Ready", status: "False" }] } };
    await bed.call(`${pods}/a/status`, { method: "PATCH", type, body: notReady });
    assert.equal((await evict(bed, "a")).code, 429);
    const policy = { spec: { unhealthyPodEvictionPolicy: "AlwaysAllow" } };
    await bed.call(`${budgets}/web`, { method: "PATCH", type, body: policy });
    assert.equal((await evict(bed, "a")).code, 201);
    await bed.call(budgets, { body: { metadata: { name: "more" }, spec: { selector: {} } } });
    const { code, body } = await evict(bed, "b");
    assert.deepEqual([code, body.reason], [500, "InternalError"]);
    assert.match(body.message, /This pod has more than one PodDisruptionBudget/);
  }));
