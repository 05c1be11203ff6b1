import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { ImageFault } from "../image/image.ts";
import { commandMounts, mountPointsBelow } from "./mount-table.ts";
import type { PersistentVolumeClaim } from "./pod-reader.ts";
import { PodVolumes, removeVolumes } from "./pod-volumes.ts";
import {
  base64,
  fakeCluster,
  fakeMounts,
  makeFolder,
  namesIn,
  node,
  noMounts,
  podFolder,
  podWith,
} from "./volumes.fixture.ts";

const isRoot = process.getuid?.() === 0;
const notRoot = !isRoot && "not root: no files can be given away";

function setting(t: TestContext, spec: object, mounts = fakeMounts(), firstId?: number) {
  const folder = podFolder(t);
  const cluster = fakeCluster();
  let pod = podWith(spec);
  const options = {
    folder,
    reader: cluster,
    node,
    mounts,
    now: () => cluster.time,
    ...(firstId !== undefined && { firstId }),
  };
  const volumes = new PodVolumes(() => pod, options);
  const content = (path: string) => readFileSync(join(folder, "volumes", path), "utf8");
  const mode = (path: string) => statSync(join(folder, "volumes", path)).mode & 0o7777;
  const change = (changed: KubeObject) => {
    pod = changed;
  };
  return { folder, cluster, volumes, content, mode, mounts, change };
}

const volume = (source: object, name = "v") => ({ volumes: [{ name, ...source }] });

test("values of ConfigMaps and Secrets, by their keys and by items with modes", async (t) => {
  const { cluster, volumes, content, mode, folder, mounts } = setting(t, {
    volumes: [
      { name: "all", configMap: { name: "c", defaultMode: 0o600 } },
      { name: "some", secret: { secretName: "s", items: [{ key: "k", path: "d/e/f", mode: 0o400 }] } },
    ],
  });
  cluster.configMaps["c"] = { data: { a: "1" }, binaryData: { b: base64("\0\u00ff") } };
  cluster.secrets["s"] = { data: { k: base64("secret"), other: base64("x") } };
  await volumes.setUp();
  assert.deepEqual([content("all/a"), content("all/b"), content("some/d/e/f")], ["1", "\0\u00ff", "secret"]);
  assert.deepEqual([mode("all/a"), mode("some/d/e/f")], [0o600, 0o400]);
  assert.deepEqual(namesIn(join(folder, "volumes", "some")), ["..data -> ..version", "..version", "d -> ..data/d"]);
  // Only the Secret is kept in memory.
  assert.deepEqual(mounts.made, ["tmpfs some"]);
});

test("fields and amounts of the pod as files", async (t) => {
  const items = [
    { path: "labels", fieldRef: { fieldPath: "metadata.labels" } },
    { path: "sub/uid", fieldRef: { fieldPath: "metadata.uid" }, mode: 0o444 },
    { path: "cpu", resourceFieldRef: { containerName: "c", resource: "limits.cpu" } },
  ];
  const spec = { ...volume({ downwardAPI: { items } }), containers: [{ name: "c" }] };
  const { volumes, content, change } = setting(t, spec);
  await volumes.setUp();
  assert.deepEqual([content("v/labels"), content("v/sub/uid"), content("v/cpu")], ['app="web"', "u-1", "2"]);
  change(podWith(spec, { labels: { app: "other" } }));
  assert.deepEqual(await volumes.refresh(), []);
  assert.equal(content("v/labels"), 'app="other"');
});

const accessVolume = {
  projected: {
    sources: [
      { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
      { serviceAccountToken: { path: "vault", audience: "vault", expirationSeconds: 600 } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
      { downwardAPI: { items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }] } },
    ],
  },
};

test("what kubelets project for every pod: a token, the API server's authority, the namespace", async (t) => {
  const { cluster, volumes, content, mode } = setting(t, volume(accessVolume));
  cluster.configMaps["kube-root-ca.crt"] = { data: { "ca.crt": "PEM" } };
  await volumes.setUp();
  const files = ["token", "vault", "ca.crt", "namespace"].map((path) => content(`v/${path}`));
  assert.deepEqual(files, ["token-1", "token-2", "PEM", "shop"]);
  assert.equal(mode("v/token"), 0o644);
  const asked = { namespace: "shop", serviceAccount: "runner", pod: { name: "web", uid: "u-1" } };
  assert.deepEqual(cluster.asked, [
    { ...asked, audiences: [], expirationSeconds: 3607 },
    { ...asked, audiences: ["vault"], expirationSeconds: 600 },
  ]);
});

test("tokens are asked for again in time; one that is still good outlives a server that does not answer", async (t) => {
  const { cluster, volumes, content } = setting(t, volume(accessVolume));
  cluster.configMaps["kube-root-ca.crt"] = { data: { "ca.crt": "PEM" } };
  await volumes.setUp();
  cluster.time += 479_000;
  await volumes.refresh();
  assert.equal(content("v/vault"), "token-2");
  cluster.time += 2000;
  cluster.isDown = true;
  assert.deepEqual(await volumes.refresh(), []);
  assert.equal(content("v/vault"), "token-2");
  cluster.isDown = false;
  await volumes.refresh();
  assert.deepEqual([content("v/token"), content("v/vault")], ["token-1", "token-3"]);
  cluster.time += 600_000;
  cluster.isDown = true;
  const [fault] = await volumes.refresh();
  assert.equal(
    fault?.message,
    'MountVolume.SetUp failed for volume "v" : failed to fetch token: the server does not answer',
  );
  assert.equal(content("v/vault"), "token-3");
});

test("a token is the user's alone that all containers are, and the pod's group may read it", {
  skip: notRoot,
}, async (t) => {
  const containers = [{ name: "a" }, { name: "b", securityContext: { runAsUser: 1000 } }];
  const ofUser = setting(t, { ...volume(accessVolume), containers, securityContext: { runAsUser: 1000 } });
  const ofGroup = setting(t, { ...volume(accessVolume), containers, securityContext: { fsGroup: 2000 } });
  for (const { cluster, volumes } of [ofUser, ofGroup]) {
    cluster.configMaps["kube-root-ca.crt"] = { data: { "ca.crt": "PEM" } };
    await volumes.setUp();
  }
  const of = ({ folder }: { folder: string }, path: string) => statSync(join(folder, "volumes", "v", path));
  const shown = ({ uid, gid, mode }: ReturnType<typeof of>) => `${uid}:${gid} ${(mode & 0o7777).toString(8)}`;
  assert.deepEqual(
    ["token", "namespace"].map((path) => shown(of(ofUser, path))),
    ["1000:0 600", "0:0 644"],
  );
  assert.deepEqual(
    ["token", "namespace", "."].map((path) => shown(of(ofGroup, path))),
    ["0:2000 640", "0:2000 644", "0:2000 2777"],
  );
});

test("a pod with users of its own has its volumes in their numbers", { skip: notRoot }, async (t) => {
  const spec = {
    volumes: [
      { name: "v", ...accessVolume },
      { name: "e", emptyDir: {} },
    ],
    securityContext: { fsGroup: 5, runAsUser: 7 },
    containers: [{ name: "c" }],
  };
  const { cluster, volumes, folder } = setting(t, spec, fakeMounts(), 100_000);
  cluster.configMaps["kube-root-ca.crt"] = { data: { "ca.crt": "PEM" } };
  await volumes.setUp();
  await volumes.refresh();
  const owner = (path: string) => {
    const { uid, gid } = statSync(join(folder, "volumes", path));
    return `${uid}:${gid}`;
  };
  assert.deepEqual(["v/token", "v/namespace", "e"].map(owner), ["100007:100005", "100000:100005", "100000:100005"]);
});

test("emptyDirs on the disk and in memory; what they hold stays", { skip: notRoot }, async (t) => {
  const { volumes, folder, mounts, mode } = setting(t, {
    volumes: [
      { name: "disk", emptyDir: { sizeLimit: "4Ki" } },
      { name: "memory", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
    ],
    securityContext: { fsGroup: 2000 },
  });
  await volumes.setUp();
  assert.deepEqual(mounts.made, ["tmpfs memory 1048576"]);
  assert.equal(mode("disk"), 0o2777);
  assert.equal(statSync(join(folder, "volumes", "disk")).gid, 2000);
  assert.deepEqual(volumes.places(), [
    { name: "disk", folder: join(folder, "volumes", "disk"), isInMemory: false },
    { name: "memory", folder: join(folder, "volumes", "memory"), isInMemory: true },
  ]);
  chmodSync(join(folder, "volumes", "disk"), 0o700);
  await volumes.setUp();
  assert.equal(mode("disk"), 0o700);
  assert.equal(mounts.made.length, 1);
});

const missing: readonly (readonly [source: object, why: string])[] = [
  [{ configMap: { name: "no" } }, 'configmap "no" not found'],
  [{ secret: { secretName: "no" } }, 'secret "no" not found'],
  [{ configMap: { name: "c", items: [{ key: "k", path: "p" }] } }, "configmap references non-existent config key: k"],
  [{ secret: { secretName: "s", items: [{ key: "k", path: "p" }] } }, "references non-existent secret key: k"],
  [{ projected: { sources: [{ secret: { name: "no" } }] } }, 'secret "no" not found'],
  [
    { projected: { sources: [{ secret: { name: "no" } }, { configMap: { name: "none" } }] } },
    '[secret "no" not found, configmap "none" not found]',
  ],
  [{ projected: { sources: [{ clusterTrustBundle: {} }] } }, "clusterTrustBundle cannot be projected by this node"],
  [{ configMap: { name: "c", items: [{ key: "a", path: "../x" }] } }, "invalid path: must not contain '..': ../x"],
  [{ downwardAPI: { items: [{ path: "x", fieldRef: { fieldPath: "spec" } }] } }, "unsupported fieldPath: spec"],
  [{ emptyDir: { medium: "HugePages" } }, 'unknown storage medium "HugePages"'],
  [{ nfs: { server: "a", path: "/" } }, "no volume plugin matched"],
  [
    { hostPath: { path: "/etc/passwd", type: "Directory" } },
    "hostPath type check failed: /etc/passwd is not a directory",
  ],
  [{ hostPath: { path: "/etc", type: "File" } }, "hostPath type check failed: /etc is not a file"],
  [{ hostPath: { path: "/nowhere", type: "Directory" } }, "hostPath type check failed: /nowhere is not a directory"],
  [{ hostPath: { path: "/etc", type: "Socket" } }, "hostPath type check failed: /etc is not a socket file"],
  [{ hostPath: { path: "/etc", type: "CharDevice" } }, "hostPath type check failed: /etc is not a character device"],
  [{ hostPath: { path: "/etc", type: "BlockDevice" } }, "hostPath type check failed: /etc is not a block device"],
  [{ hostPath: { path: "/etc", type: "Thing" } }, "Thing is an invalid volume type"],
];

for (const [source, why] of missing)
  test(`a volume cannot be set up: ${why}`, async (t) => {
    const { volumes, cluster } = setting(t, volume(source));
    cluster.configMaps["c"] = { data: { a: "1" } };
    cluster.secrets["s"] = {};
    await assert.rejects(volumes.setUp(), {
      reason: "FailedMount",
      message: `MountVolume.SetUp failed for volume "v" : ${why}`,
    });
  });

test("optional values that are not there leave an empty volume, until they come", async (t) => {
  const { volumes, cluster, folder, content } = setting(
    t,
    volume({ configMap: { name: "c", optional: true, items: [{ key: "a", path: "a" }] } }),
  );
  await volumes.setUp();
  assert.deepEqual(namesIn(join(folder, "volumes", "v")), ["..data -> ..version", "..version"]);
  cluster.configMaps["c"] = { data: { a: "1" } };
  await volumes.refresh();
  assert.equal(content("v/a"), "1");
});

test("hostPaths of all types", async (t) => {
  const { folder, volumes, change } = setting(t, {});
  const socket = createServer().listen(join(folder, "socket"));
  t.after(() => socket.close());
  mkdirSync(join(folder, "real"));
  symlinkSync("real", join(folder, "link"));
  const paths = [
    ["Socket", join(folder, "socket")],
    ["CharDevice", "/dev/null"],
    ["DirectoryOrCreate", join(folder, "a", "b")],
    ["FileOrCreate", join(folder, "file")],
    ["File", join(folder, "file")],
    ["", join(folder, "link")],
    [undefined, join(folder, "new")],
  ] as const;
  const mounted = paths.map(([type, path], i) => ({
    name: `v${i}`,
    hostPath: { path, ...(type !== undefined && { type }) },
  }));
  change(podWith({ volumes: mounted }));
  await volumes.setUp();
  const volumeMounts = mounted.map(({ name }) => ({ name, mountPath: `/${name}` }));
  const mounts = await volumes.mountsOf({ name: "c", volumeMounts }, []);
  assert.deepEqual(
    mounts.map(({ source }) => source),
    paths.map(([, path]) => realpathSync(path)),
  );
  assert.equal(mounts[5]?.source, join(folder, "real"));
});

test("mounts of a container: read-only values, propagation, paths within", async (t) => {
  const { cluster, volumes, folder } = setting(t, {
    volumes: [
      { name: "c", configMap: { name: "c" } },
      { name: "e", emptyDir: {} },
    ],
  });
  cluster.configMaps["c"] = { data: { "app.conf": "x" } };
  await volumes.setUp();
  const mounts = await volumes.mountsOf(
    {
      name: "main",
      volumeMounts: [
        { name: "c", mountPath: "/etc/app" },
        { name: "c", mountPath: "etc/app.conf", subPath: "app.conf" },
        { name: "e", mountPath: "/data", mountPropagation: "HostToContainer" },
        { name: "e", mountPath: "/logs", subPathExpr: "$(POD)/logs", readOnly: true, recursiveReadOnly: "Enabled" },
      ],
    },
    ["POD=web", "EMPTY="],
  );
  const at = (path: string) => join(folder, path);
  assert.deepEqual(mounts, [
    { destination: "/etc/app", type: "bind", source: at("volumes/c"), options: ["rbind", "rprivate", "ro"] },
    {
      destination: "/etc/app.conf",
      type: "bind",
      source: at("subpaths/c/main/1"),
      options: ["rbind", "rprivate", "ro"],
    },
    { destination: "/data", type: "bind", source: at("volumes/e"), options: ["rbind", "rslave", "rw"] },
    { destination: "/logs", type: "bind", source: at("subpaths/e/main/3"), options: ["rbind", "rprivate", "rro"] },
  ]);
  assert.equal(readFileSync(at("subpaths/c/main/1"), "utf8"), "x");
  assert.ok(statSync(at("volumes/e/web/logs")).isDirectory());
});

for (const [mount, message] of [
  [{ name: "no" }, 'cannot find volume "no" to mount into container "main"'],
  [{ subPath: "/abs" }, "error SubPath `/abs` must not be an absolute path"],
  [{ subPath: "a/../../b" }, "unable to provision SubPath `a/../../b`: must not contain '..'"],
  [{ subPathExpr: "$(B)/$(A)/$(EMPTY)" }, "missing value for A, B, EMPTY"],
  [{ subPathExpr: "x/$(UP)" }, "unable to provision SubPath `x/..`: must not contain '..'"],
  [{ subPath: "out/x" }, 'failed to prepare subPath for volumeMount "e" of container "main"'],
] as const)
  test(`no mount: ${message}`, async (t) => {
    const { volumes, folder } = setting(t, volume({ emptyDir: {} }, "e"));
    await volumes.setUp();
    symlinkSync("/etc", join(folder, "volumes", "e", "out"));
    const asked = { name: "main", volumeMounts: [{ name: "e", mountPath: "/x", ...mount }] };
    await assert.rejects(volumes.mountsOf(asked, ["EMPTY=", "UP=.."]), {
      reason: "CreateContainerConfigError",
      message,
    });
  });

test("a volume within one of values has a folder to be mounted at", async (t) => {
  const volumeMounts = [
    { name: "v", mountPath: "/etc/app/" },
    { name: "e", mountPath: "/etc/app/cache/deep" },
    { name: "e", mountPath: "/etc/application" },
  ];
  const spec = {
    volumes: [
      { name: "v", configMap: { name: "c" } },
      { name: "e", emptyDir: {} },
    ],
    containers: [{ name: "c", volumeMounts }],
  };
  const { cluster, volumes, folder } = setting(t, spec);
  cluster.configMaps["c"] = { data: { a: "1" } };
  await volumes.setUp();
  await volumes.refresh();
  assert.deepEqual(namesIn(join(folder, "volumes", "v")), [
    "..data -> ..version",
    "..version",
    "a -> ..data/a",
    "cache",
  ]);
  assert.ok(existsSync(join(folder, "volumes", "v", "cache", "deep")));
});

test("mounted for real: memory with its limit, a path within, and all of it taken away by another process", {
  skip: noMounts,
}, async (t) => {
  const spec = {
    volumes: [
      { name: "m", emptyDir: { medium: "Memory", sizeLimit: "64Ki" } },
      { name: "s", secret: { secretName: "s" } },
    ],
  };
  const { cluster, volumes, folder } = setting(t, spec, commandMounts() as ReturnType<typeof fakeMounts>);
  cluster.secrets["s"] = { data: { k: base64("secret") } };
  await volumes.setUp();
  const mounts = commandMounts();
  assert.deepEqual([...mounts.below(folder)].sort(), [join(folder, "volumes/m"), join(folder, "volumes/s")]);
  assert.throws(() => writeFileSync(join(folder, "volumes/m/x"), Buffer.alloc(100_000)), /ENOSPC/);
  writeFileSync(join(folder, "volumes/m/x"), "1");
  const asked = {
    name: "c",
    volumeMounts: [
      { name: "s", mountPath: "/k", subPath: "k" },
      { name: "m", mountPath: "/m", subPath: "new" },
    ],
  };
  const [file, sub] = await volumes.mountsOf(asked, []);
  assert.equal(readFileSync(file!.source, "utf8"), "secret");
  writeFileSync(join(folder, "volumes/m/new/y"), "2");
  assert.equal(readFileSync(join(sub!.source, "y"), "utf8"), "2");
  await volumes.mountsOf(asked, []);
  assert.equal(mounts.below(folder).length, 4);
  await volumes.setUp();
  assert.equal(readFileSync(join(folder, "volumes/m/x"), "utf8"), "1");
  await removeVolumes(folder, mounts);
  assert.deepEqual(mounts.below(folder), []);
  assert.deepEqual(namesIn(folder), []);
});

const claimed = { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "data" } }] };
const bound = { metadata: { uid: "c" }, spec: { volumeName: "pv" }, status: { phase: "Bound" } };
const ours = { claimRef: { uid: "c" } };

test("a claim's volume is a folder of this machine, of its pod or for it alone; read-only when asked", async (t) => {
  const { folder, cluster, volumes, change } = setting(t, claimed);
  const [data, local] = [makeFolder(folder, "data"), makeFolder(folder, "local")];
  const own = { ...bound, metadata: { uid: "c", ownerReferences: [{ uid: "u-1", controller: true }] } };
  const claims: { [name: string]: PersistentVolumeClaim } = { "shop/data": bound, "shop/web-e": own };
  let spec: object = { hostPath: { path: data, type: "Directory" } };
  Object.assign(cluster, {
    claim: async (namespace: string, name: string) => claims[`${namespace}/${name}`],
    persistentVolume: async () => ({ spec: { ...spec, ...ours } }),
  });
  const mountOf = async (name: string) => {
    await volumes.setUp();
    const [mount] = await volumes.mountsOf({ name: "c", volumeMounts: [{ name, mountPath: "/v" }] }, []);
    return [mount?.source, mount?.options.at(-1)];
  };
  assert.deepEqual(await mountOf("v"), [data, "rw"]);
  change(podWith({ volumes: [{ name: "v", persistentVolumeClaim: { claimName: "data", readOnly: true } }] }));
  assert.deepEqual(await mountOf("v"), [data, "ro"]);
  spec = { local: { path: local } };
  change(podWith({ volumes: [{ name: "e", ephemeral: {} }] }));
  assert.deepEqual(await mountOf("e"), [local, "rw"]);
  assert.deepEqual(await volumes.refresh(), []);
});

const groups: readonly (readonly [
  what: string,
  source: "local" | "hostPath",
  policy: string,
  root: number,
  inner: number,
])[] = [
  ["a local volume is the group's, with all in it", "local", "Always", 3000, 3000],
  ["a local volume that has another group at its root", "local", "OnRootMismatch", 3000, 3000],
  ["a folder of the host stays as it is", "hostPath", "Always", 0, 0],
];

for (const [what, source, fsGroupChangePolicy, root, inner] of groups)
  test(`fsGroup: ${what}`, { skip: notRoot }, async (t) => {
    const { folder, cluster, volumes } = setting(t, {
      ...claimed,
      securityContext: { fsGroup: 3000, fsGroupChangePolicy },
    });
    const path = makeFolder(folder, "data");
    const file = join(path, "x");
    writeFileSync(file, "");
    Object.assign(cluster, {
      claim: async () => bound,
      persistentVolume: async () => ({ spec: { [source]: { path }, ...ours } }),
    });
    await volumes.setUp();
    assert.deepEqual([statSync(path).gid, statSync(file).gid], [root, inner]);
    assert.equal((statSync(path).mode & 0o2000) !== 0, source === "local");
    chownSync(file, 0, 7);
    await volumes.setUp();
    assert.equal(statSync(file).gid, 7);
  });

test("fsGroup: OnRootMismatch leaves what lies in a volume whose root is the group's", { skip: notRoot }, async (t) => {
  const { folder, cluster, volumes } = setting(t, {
    ...claimed,
    securityContext: { fsGroup: 3000, fsGroupChangePolicy: "OnRootMismatch" },
  });
  const path = makeFolder(folder, "data");
  writeFileSync(join(path, "x"), "");
  chownSync(path, 0, 3000);
  chmodSync(path, 0o2770);
  Object.assign(cluster, {
    claim: async () => bound,
    persistentVolume: async () => ({ spec: { local: { path }, ...ours } }),
  });
  await volumes.setUp();
  assert.equal(statSync(join(path, "x")).gid, 0);
});

const unusable: readonly (readonly [
  why: string,
  claim: object | undefined,
  volume: object | undefined,
  spec?: object,
])[] = [
  [
    'error processing PVC shop/data: failed to fetch PVC from API server: persistentvolumeclaims "data" not found',
    undefined,
    undefined,
  ],
  ["error processing PVC shop/data: PVC is not bound", { ...bound, status: { phase: "Pending" } }, undefined],
  [
    "error processing PVC shop/data: PVC is being deleted",
    { ...bound, metadata: { uid: "c", deletionTimestamp: "x" } },
    undefined,
  ],
  [
    "volume v has volumeMode Block, but is specified in volumeMounts",
    { ...bound, spec: { volumeMode: "Block", volumeName: "pv" } },
    undefined,
  ],
  ['failed to fetch PV pv from API server: persistentvolumes "pv" not found', bound, undefined],
  [
    "found PV object pv with a pv.Spec.ClaimRef.UID other that does not match claim UID c",
    bound,
    { claimRef: { uid: "other" } },
  ],
  ["no volume plugin matched", bound, { ...ours, nfs: {} }],
  [
    "hostPath type check failed: /nowhere is not a directory",
    bound,
    { ...ours, hostPath: { path: "/nowhere", type: "Directory" } },
  ],
  ['path "/nowhere" does not exist', bound, { ...ours, local: { path: "/nowhere" } }],
  [
    "PVC shop/web-v was not created for pod shop/web (pod is not owner)",
    bound,
    { ...ours },
    { volumes: [{ name: "v", ephemeral: {} }] },
  ],
];

for (const [why, claim, volumeSpec, spec = claimed] of unusable)
  test(`a claim's volume cannot be set up: ${why}`, async (t) => {
    const { cluster, volumes } = setting(t, spec);
    Object.assign(cluster, {
      claim: async () => claim,
      persistentVolume: async () => volumeSpec && { spec: volumeSpec },
    });
    await assert.rejects(volumes.setUp(), {
      reason: "FailedMount",
      message: `MountVolume.SetUp failed for volume "v" : ${why}`,
    });
  });

const ofImage = { volumes: [{ name: "i", image: { reference: "app:1", pullPolicy: "Never" } }] };

test("an image as a volume: mounted when a container asks for it, once, and never written into", {
  skip: noMounts,
}, async (t) => {
  const folder = podFolder(t);
  const rootfs = makeFolder(folder, "image", "data");
  const asked: object[] = [];
  const options = {
    folder: makeFolder(folder, "pod"),
    reader: fakeCluster(),
    node,
    mounts: commandMounts(),
    now: () => 0,
    imageRootfs: async (source: object) => {
      asked.push(source);
      return join(folder, "image");
    },
  };
  writeFileSync(join(rootfs, "x"), "1");
  const volumes = new PodVolumes(() => podWith(ofImage), options);
  await volumes.setUp();
  assert.deepEqual(asked, []);
  const mount = { name: "i", mountPath: "/i" };
  const [whole, part] = await volumes.mountsOf({ name: "c", volumeMounts: [mount, { ...mount, subPath: "data" }] }, []);
  assert.deepEqual(whole?.options, ["rbind", "rprivate", "ro"]);
  assert.equal(readFileSync(join(whole!.source, "data", "x"), "utf8"), "1");
  assert.equal(readFileSync(join(part!.source, "x"), "utf8"), "1");
  await volumes.mountsOf({ name: "d", volumeMounts: [mount] }, []);
  assert.deepEqual(asked, [ofImage.volumes[0]?.image]);
  await assert.rejects(
    volumes.mountsOf({ name: "c", volumeMounts: [{ ...mount, subPath: "new" }] }, []),
    /failed to prepare subPath/,
  );
  assert.deepEqual(await volumes.refresh(), []);
  await volumes.remove();
  assert.deepEqual([namesIn(join(folder, "image")), readFileSync(join(rootfs, "x"), "utf8")], [["data"], "1"]);
});

test("an image as a volume that is not to be had keeps the container waiting with the image's fault", async (t) => {
  const options = { folder: podFolder(t), reader: fakeCluster(), node, mounts: fakeMounts(), now: () => 0 };
  const imageRootfs = () => Promise.reject(new ImageFault("ErrImagePull", "no"));
  const volumes = new PodVolumes(() => podWith(ofImage), { ...options, imageRootfs });
  await volumes.setUp();
  const asked = { name: "c", volumeMounts: [{ name: "i", mountPath: "/i" }] };
  await assert.rejects(volumes.mountsOf(asked, []), { name: "RuntimeFault", reason: "ErrImagePull", message: "no" });
  const without = new PodVolumes(() => podWith(ofImage), options);
  await assert.rejects(without.setUp(), {
    message: 'MountVolume.SetUp failed for volume "i" : no volume plugin matched',
  });
});

test("nothing is removed while something stays mounted", async (t) => {
  const folder = podFolder(t);
  const precious = makeFolder(folder, "subpaths", "v", "c", "0");
  writeFileSync(join(precious, "file"), "");
  const mounts = { ...fakeMounts(), below: () => [precious] };
  await assert.rejects(removeVolumes(folder, mounts), { message: `${precious} is still mounted` });
  assert.ok(existsSync(join(precious, "file")));
});

test("mount points are read with their blanks, the last one first, and not those of a neighbour", () => {
  const line = (place: string) => `36 35 98:0 / ${place} rw,noatime master:1 - tmpfs tmpfs rw`;
  const mountinfo = ["/pods/a", "/pods/a/v\\040w", "/pods/ab", "/pods", "/pods/a/v\\040w/x"].map(line).join("\n");
  assert.deepEqual(mountPointsBelow(mountinfo, "/pods/a"), ["/pods/a/v w/x", "/pods/a/v w", "/pods/a"]);
});

test("a machine that cannot mount says so", { skip: noMounts }, async (t) => {
  const place = join(podFolder(t), "nowhere");
  await assert.rejects(commandMounts().tmpfs(place, 1n), (error: Error) =>
    /^mount failed: mount: [^\n]+$/.test(error.message),
  );
});
