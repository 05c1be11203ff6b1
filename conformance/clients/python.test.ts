import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { withPod } from "./pod-bed.ts";

const python = process.env["PYTHON"] || "python3";
const isThere = spawnSync(python, ["-c", "import kubernetes"], { timeout: 20_000, stdio: "ignore" }).status === 0;
const skip = !isThere && "no python3 with the package kubernetes on the PATH, or in PYTHON";

const program = `
import threading
from kubernetes import client, config, dynamic, watch
from kubernetes.client.rest import ApiException
from kubernetes.stream import stream

config.load_kube_config()
core = client.CoreV1Api()
made = core.create_namespaced_config_map("default", {"metadata": {"name": "a", "labels": {"app": "x"}}, "data": {"x": "1"}})
core.patch_namespaced_config_map("a", "default", {"data": {"y": "2"}})
seen = []
def change():
    core.create_namespaced_config_map("default", {"metadata": {"name": "b", "labels": {"app": "x"}}})
    core.delete_namespaced_config_map("b", "default")
threading.Timer(0.3, change).start()
watcher = watch.Watch()
for event in watcher.stream(core.list_namespaced_config_map, "default", label_selector="app=x", timeout_seconds=20):
    seen.append(event["type"] + " " + event["object"].metadata.name)
    if event["type"] == "DELETED":
        watcher.stop()
print(seen)
try:
    core.read_namespaced_config_map("none", "default")
except ApiException as fault:
    print(fault.status, fault.reason)
apps = client.AppsV1Api()
try:
    apps.create_namespaced_deployment("default", {"metadata": {"name": "d"}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "c"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}})
except ApiException as fault:
    print(fault.status, "selector" in fault.body)
objects = dynamic.DynamicClient(client.ApiClient())
maps = objects.resources.get(api_version="v1", kind="ConfigMap")
applied = maps.server_side_apply(body={"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"z": "3"}}, name="c", namespace="default", field_manager="python")
print(applied.data.z, applied.metadata.managedFields[0].manager)
print(stream(core.connect_get_namespaced_pod_exec, "p", "default", command=["echo", "hello"], stdout=True, stderr=True, stdin=False, tty=False).strip())
`;

test("the Python client: objects, watches, faults, dynamic apply, exec", { skip, timeout: 180_000 }, () =>
  withPod(["sleep", "60"], async ({ run, folder }) => {
    const file = join(folder, "smoke.py");
    writeFileSync(file, program);
    const { code, out, err } = await run(python, [file], { env: { HOME: process.env["HOME"] ?? folder } });
    assert.equal(code, 0, err);
    assert.deepEqual(out.trim().split("\n"), [
      "['ADDED a', 'ADDED b', 'DELETED b']",
      "404 Not Found",
      "422 True",
      "3 python",
      "hello",
    ]);
  }),
);
