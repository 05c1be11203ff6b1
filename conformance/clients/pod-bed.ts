import assert from "node:assert/strict";
import { join } from "node:path";
import { startKubelet } from "../../packages/apiserver/src/kubelet/kubelet.fixture.ts";
import { ProcessRuntime } from "../../packages/streaming/src/process-runtime.fixture.ts";
import { type ClientBed, withClients } from "./client-bed.ts";

export interface PodBed extends ClientBed {
  readonly runtime: ProcessRuntime;
}

/** A running pod `p` on a node whose kubelet runs its container `c` as a process of the machine. */
export async function withPod(command: readonly string[], run: (bed: PodBed) => Promise<void>): Promise<void> {
  const runtime = new ProcessRuntime({ c: command });
  await withClients(async (bed) => {
    const kubelet = await startKubelet(join(bed.folder, "pki"), runtime);
    try {
      await createNode(bed, kubelet.port);
      await createPod(bed, command);
      await run({ ...bed, runtime });
    } finally {
      runtime.stop();
      await kubelet.stop();
    }
  });
}

async function createNode({ call }: ClientBed, port: number): Promise<void> {
  const addresses = [{ type: "InternalIP", address: "127.0.0.1" }];
  const status = { addresses, daemonEndpoints: { kubeletEndpoint: { Port: port } } };
  const node = { apiVersion: "v1", kind: "Node", metadata: { name: "n" } };
  assert.equal(await call("POST", "/api/v1/nodes", node), 201);
  assert.equal(await call("PATCH", "/api/v1/nodes/n/status", { status }), 200);
}

async function createPod({ call }: ClientBed, command: readonly string[]): Promise<void> {
  const spec = {
    automountServiceAccountToken: false,
    nodeName: "n",
    containers: [{ name: "c", image: "i", stdin: true, command }],
  };
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } };
  await call("POST", "/api/v1/namespaces/default/serviceaccounts", account);
  const pods = "/api/v1/namespaces/default/pods";
  assert.equal(await call("POST", pods, { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec }), 201);
  assert.equal(await call("PATCH", `${pods}/p/status`, { status: { phase: "Running" } }), 200);
}
