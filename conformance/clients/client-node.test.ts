import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import * as k8s from "@kubernetes/client-node";
import { withClients } from "./client-bed.ts";
import { withPod } from "./pod-bed.ts";

function configOf(kubeconfig: string): k8s.KubeConfig {
  const config = new k8s.KubeConfig();
  config.loadFromFile(kubeconfig);
  return config;
}

const configMap = (name: string, data: { [name: string]: string }, labels: { [name: string]: string } = {}) => ({
  metadata: { name, labels },
  data,
});

/** Waits until something is so; the test's own time limit ends what never comes. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((done) => setTimeout(done, 20));
}

test("client-node: objects, patches of all kinds, faults", { timeout: 180_000 }, () =>
  withClients(async ({ kubeconfig }) => {
    const config = configOf(kubeconfig);
    const core = config.makeApiClient(k8s.CoreV1Api);
    const namespace = "default";
    const made = await core.createNamespacedConfigMap({ namespace, body: configMap("a", { x: "1" }) });
    assert.equal(made.data?.["x"], "1");
    const merged = await core.patchNamespacedConfigMap(
      { namespace, name: "a", body: { data: { y: "2" } } },
      k8s.setHeaderOptions("Content-Type", k8s.PatchStrategy.MergePatch),
    );
    assert.deepEqual(merged.data, { x: "1", y: "2" });
    const patched = await core.patchNamespacedConfigMap(
      { namespace, name: "a", body: [{ op: "remove", path: "/data/x" }] },
      k8s.setHeaderOptions("Content-Type", k8s.PatchStrategy.JsonPatch),
    );
    assert.deepEqual(patched.data, { y: "2" });
    const objects = k8s.KubernetesObjectApi.makeApiClient(config);
    const applied = await objects.patch(
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "b", namespace }, data: { z: "3" } } as k8s.V1ConfigMap,
      undefined,
      undefined,
      "tests",
      true,
      k8s.PatchStrategy.ServerSideApply,
    );
    assert.equal(applied.metadata?.managedFields?.[0]?.manager, "tests");
    await assert.rejects(
      core.readNamespacedConfigMap({ namespace, name: "none" }),
      (error: k8s.ApiException<string>) => {
        assert.equal(error.code, 404);
        assert.match(String(error.body), /configmaps \\"none\\" not found/);
        return true;
      },
    );
    const pages: string[] = [];
    let next: string | undefined;
    do {
      const page = await core.listNamespacedConfigMap({ namespace, limit: 1, ...(next ? { _continue: next } : {}) });
      pages.push(...page.items.map(({ metadata }) => metadata?.name ?? ""));
      next = page.metadata?._continue;
    } while (next);
    assert.deepEqual(
      pages.filter((name) => name !== "kube-root-ca.crt"),
      ["a", "b"],
    );
  }),
);

test("client-node: an informer hears of what comes, changes and goes, by its selector", { timeout: 180_000 }, () =>
  withClients(async ({ kubeconfig }) => {
    const config = configOf(kubeconfig);
    const core = config.makeApiClient(k8s.CoreV1Api);
    const namespace = "default";
    const labels = { app: "gate" };
    const list = () => core.listNamespacedConfigMap({ namespace, labelSelector: "app=gate" });
    await core.createNamespacedConfigMap({ namespace, body: configMap("before", {}, labels) });
    const informer = k8s.makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, list, "app=gate");
    const heard: string[] = [];
    for (const event of ["add", "update", "delete"] as const)
      informer.on(event, ({ metadata }: k8s.V1ConfigMap) => heard.push(`${event} ${metadata?.name}`));
    await informer.start();
    await core.createNamespacedConfigMap({ namespace, body: configMap("other", {}) });
    const body = configMap("a", { x: "1" }, labels);
    await core.createNamespacedConfigMap({ namespace, body });
    await core.replaceNamespacedConfigMap({ namespace, name: "a", body: { ...body, data: { x: "2" } } });
    // What no longer matches is gone for whoever selects.
    await core.replaceNamespacedConfigMap({ namespace, name: "a", body: configMap("a", {}) });
    await core.deleteNamespacedConfigMap({ namespace, name: "before" });
    await until(() => heard.length >= 5);
    assert.deepEqual(heard, ["add before", "add a", "update a", "delete a", "delete before"]);
    assert.deepEqual(informer.list(), []);
    await informer.stop();
  }),
);

const main = "echo one; read line; echo got $line";

test("client-node: exec, attach, logs and forwarded ports", { timeout: 180_000 }, () =>
  withPod(["sh", "-c", main], async ({ kubeconfig }) => {
    const config = configOf(kubeconfig);
    const [out, err, given] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const [outText, errText] = [text(out), text(err)];
    const command = ["sh", "-c", "cat; echo err >&2; exit 4"];
    const status = await new Promise<k8s.V1Status>((done, fail) => {
      new k8s.Exec(config).exec("default", "p", "c", command, out, err, given, false, done).catch(fail);
      given.end("hello");
    });
    assert.equal(status.details?.causes?.[0]?.message, "4");
    assert.deepEqual([await outText, await errText], ["hello", "err\n"]);

    const logged = new PassThrough();
    let lines = "";
    logged.on("data", (chunk) => (lines += chunk));
    await new k8s.Log(config).log("default", "p", "c", logged, { follow: true });
    await until(() => lines.includes("one\n"));
    const attached = new PassThrough();
    const socket = await new k8s.Attach(config).attach("default", "p", "c", null, null, attached, false);
    attached.write("word\n");
    await until(() => lines.includes("got word\n"));
    (socket as { close: () => void }).close();
    // The container has ended with its word, and the log with it. To abort what still flows would throw in the client.
    if (!logged.readableEnded) await once(logged, "end");

    const served = createServer((request, response) => response.end(`you asked for ${request.url}`));
    await new Promise<void>((done) => served.listen(0, "127.0.0.1", done));
    const forward = new k8s.PortForward(config);
    const port = (served.address() as AddressInfo).port;
    const local = createTcpServer((client: Socket) => {
      void forward.portForward("default", "p", [port], client, null, client);
    });
    await new Promise<void>((done) => local.listen(0, "127.0.0.1", done));
    const asking = connect((local.address() as AddressInfo).port, "127.0.0.1");
    asking.write("GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let answer = "";
    while (!answer.includes("you asked for /x")) answer += String((await once(asking, "data"))[0]);
    asking.destroy();
    local.close();
    served.closeAllConnections();
    served.close();
  }),
);
