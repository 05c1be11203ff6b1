import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { RuntimeFault } from "../runtime/container-runtime.ts";
import { filesOfPod } from "./files-of-pod.ts";
import { fakeCluster, fakeMounts, namesIn, node, podFolder, podWith } from "./volumes.fixture.ts";

const dns = { servers: ["10.96.0.10"], domain: "cluster.local", nodeConfig: "nameserver 1.1.1.1\n" };

async function setting(t: TestContext, spec: object, { ip }: { ip?: string } = { ip: "10.1.0.5" }) {
  const folder = podFolder(t);
  const cluster = fakeCluster();
  cluster.configMaps["c"] = { data: { a: "1" } };
  const faults: RuntimeFault[] = [];
  let refresh: (() => Promise<void>) | undefined;
  const make = () =>
    filesOfPod(
      () => podWith(spec),
      { folder, ip: ip as string | undefined },
      {
        reader: cluster,
        services: () => [],
        node,
        dns,
        nodeHostname: "n1",
        nodeHosts: "127.0.0.1 localhost\n",
        mounts: fakeMounts(),
        now: () => cluster.time,
        repeat: (again) => {
          refresh = again;
          return () => {
            refresh = undefined;
          };
        },
        onFault: (fault) => faults.push(fault),
      },
    );
  return { folder, cluster, faults, make, refresh: () => refresh };
}

const volumes = [{ name: "v", configMap: { name: "c" } }];
const container = {
  name: "main",
  env: [
    { name: "IP", value: "" },
    { name: "A", value: "1" },
  ],
  volumeMounts: [{ name: "v", mountPath: "/v" }],
};

test("a container has its volumes, its variables and the files that all have", async (t) => {
  const { folder, make } = await setting(t, { volumes, subdomain: "db" });
  const files = await make();
  const { mounts, environment, terminationLog } = await files.of(container, 2);
  assert.deepEqual(
    mounts.map(({ destination, source }) => [destination, source.slice(folder.length + 1)]),
    [
      ["/v", "volumes/v"],
      ["/etc/hosts", "etc/hosts"],
      ["/etc/hostname", "etc/hostname"],
      ["/etc/resolv.conf", "etc/resolv.conf"],
      ["/dev/termination-log", "termination/main/2"],
    ],
  );
  assert.deepEqual(environment, ["IP=", "A=1"]);
  assert.match(
    readFileSync(join(folder, "etc/hosts"), "utf8"),
    /^10\.1\.0\.5\tweb\.db\.shop\.svc\.cluster\.local\tweb$/m,
  );
  assert.equal(readFileSync(join(folder, "etc/hostname"), "utf8"), "web\n");
  assert.match(readFileSync(join(folder, "etc/resolv.conf"), "utf8"), /^nameserver 10\.96\.0\.10$/m);
  assert.equal(statSync(terminationLog).mode & 0o777, 0o666);
  await files.remove();
  assert.deepEqual(namesIn(folder), []);
});

test("what a container mounts itself takes the place of what all have", async (t) => {
  const { make } = await setting(t, { volumes });
  const own = {
    name: "main",
    terminationMessagePath: "/tmp/last-words",
    volumeMounts: [{ name: "v", mountPath: "/etc/hosts", subPath: "a" }],
  };
  const { mounts } = await (await make()).of(own, 0);
  const destinations = mounts.map(({ destination }) => destination);
  assert.deepEqual(destinations, ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/tmp/last-words"]);
});

test("a pod on the node's network is named and addressed as the node", async (t) => {
  const { folder, make } = await setting(t, { hostNetwork: true }, {});
  const files = await make();
  const ofPod = { name: "c", env: [{ name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }] };
  assert.deepEqual((await files.of(ofPod, 0)).environment, ["IP=192.0.2.1"]);
  assert.equal(readFileSync(join(folder, "etc/hostname"), "utf8"), "n1\n");
  assert.match(readFileSync(join(folder, "etc/hosts"), "utf8"), /host network\)\.\n127\.0\.0\.1 localhost\n$/);
  assert.equal(readFileSync(join(folder, "etc/resolv.conf"), "utf8"), "nameserver 1.1.1.1\n");
});

test("volumes follow their objects until the pod is gone; what cannot be read is told, and stays", async (t) => {
  const { folder, cluster, faults, make, refresh } = await setting(t, { volumes });
  const files = await make();
  cluster.configMaps["c"] = { data: { a: "2" } };
  await refresh()?.();
  assert.equal(readFileSync(join(folder, "volumes/v/a"), "utf8"), "2");
  cluster.configMaps["c"] = undefined;
  await refresh()?.();
  assert.deepEqual(
    faults.map(({ reason, message }) => [reason, message]),
    [["FailedMount", 'MountVolume.SetUp failed for volume "v" : configmap "c" not found']],
  );
  assert.equal(readFileSync(join(folder, "volumes/v/a"), "utf8"), "2");
  await files.remove();
  assert.equal(refresh(), undefined);
});

test("a pod that is gone is not set up again by what was still being read", async (t) => {
  const { folder, cluster, make, refresh } = await setting(t, { volumes });
  const files = await make();
  const again = refresh() as () => Promise<void>;
  let answer = () => {};
  const asked = new Promise<void>((resolve) => {
    cluster.configMap = async () => {
      resolve();
      await new Promise<void>((go) => {
        answer = go;
      });
      return { data: { a: "2" } };
    };
  });
  const refreshed = again();
  await asked;
  const removed = files.remove();
  answer();
  await Promise.all([refreshed, removed]);
  await again();
  assert.deepEqual(namesIn(folder), []);
});

test("a pod whose volumes cannot be leaves nothing", async (t) => {
  const { folder, make } = await setting(t, {
    volumes: [
      { name: "e", emptyDir: {} },
      { name: "s", secret: { secretName: "no" } },
    ],
  });
  await assert.rejects(make(), { reason: "FailedMount", message: /secret "no" not found$/ });
  assert.ok(!existsSync(join(folder, "volumes")));
});
