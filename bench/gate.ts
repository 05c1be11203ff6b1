import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  admit,
  createChain,
  loadPolicyCompiler,
  type ObjectReader,
  type Plugin,
  type Request,
} from "@sallyport/admission";
import { builtinCatalogue } from "@sallyport/kube";
import { startOurs } from "./apiserver/ours.ts";
import { type Access, Client, median, throughput } from "./client.ts";
import { rssMb, startPeer } from "./peer.ts";

/** One server's figures; the same measurement for ours and for the peer. */
interface Figures {
  readonly readyMs: number;
  readonly rssMb: number;
  readonly createsPerSecond1: number;
  readonly createsPerSecond64: number;
  readonly getsPerSecond64: number;
  readonly listsPerSecond: number;
  readonly kubectlGetPodsMs: number | undefined;
}

export interface GateReport extends Figures {
  readonly decisionsPerSecond: number;
  readonly peer: Figures | string;
}

/** Start, memory, round trips, durable writes, and decisions in process; beside a real etcd and kube-apiserver where there is one. */
export async function run(progress: (text: string) => void): Promise<GateReport> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  try {
    progress("admission in process, 20 policies");
    const decisionsPerSecond = await measureDecisions();
    progress("sallyport up");
    const { child, access, readyMs } = await startOurs(join(folder, "ours"));
    const ours = await measureServer(access, readyMs, () => rssMb(child), folder, progress);
    child.kill("SIGTERM");
    progress("etcd and kube-apiserver");
    const peer = await startPeer(folder, join(folder, "ours", "pki"));
    if (typeof peer === "string") return { ...ours, decisionsPerSecond, peer: `not measured: ${peer}` };
    try {
      return {
        ...ours,
        decisionsPerSecond,
        peer: await measureServer(peer.access, peer.readyMs, peer.rssMb, folder, progress),
      };
    } finally {
      peer.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureServer(
  access: Access,
  readyMs: number,
  memory: () => number,
  folder: string,
  progress: (text: string) => void,
): Promise<Figures> {
  const emptyMb = memory();
  const client = new Client(access, 64);
  const maps = "/api/v1/namespaces/default/configmaps";
  await untilDefault(client);
  const create = (prefix: string) => (i: number) =>
    client.send("POST", maps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: `${prefix}-${i}` },
      data: { key: "x".repeat(1000) },
    });
  await throughput(64, 500, create("warm"));
  progress("  creates, 1 and 64 at a time");
  const createsPerSecond1 = await throughput(1, 300, create("one"));
  const createsPerSecond64 = await throughput(64, 5000, create("many"));
  progress("  gets and lists");
  const getsPerSecond64 = await throughput(64, 5000, (i) => client.send("GET", `${maps}/many-${i}`));
  const listsPerSecond = await throughput(4, 200, () => client.send("GET", `${maps}?limit=500`));
  client.close();
  return {
    readyMs,
    rssMb: emptyMb,
    createsPerSecond1,
    createsPerSecond64,
    getsPerSecond64,
    listsPerSecond,
    kubectlGetPodsMs: kubectlRoundTrip(access, folder),
  };
}

/** The namespace `default` is made by a controller of its own in kube-apiserver, a moment after it is ready. */
async function untilDefault(client: Client): Promise<void> {
  for (let i = 0; i < 200 && (await client.send("GET", "/api/v1/namespaces/default")) !== 200; i++)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

function kubectlRoundTrip(access: Access, folder: string): number | undefined {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const config = join(folder, "kubeconfig.bench");
  writeFileSync(
    config,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster: { server: access.url, "certificate-authority-data": base64(access.ca) } }],
      users: [
        { name: "u", user: { "client-certificate-data": base64(access.cert), "client-key-data": base64(access.key) } },
      ],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    }),
  );
  const once = () => {
    const start = performance.now();
    const run = spawnSync(process.env["KUBECTL"] ?? "kubectl", ["--kubeconfig", config, "get", "pods"], {
      stdio: "ignore",
    });
    return run.status === 0 ? performance.now() - start : undefined;
  };
  if (once() === undefined) return undefined;
  return median(Array.from({ length: 7 }, () => once() ?? Number.NaN));
}

/** Whole decisions of the default chain over a pod, 20 policies of which none refuses. */
async function measureDecisions(): Promise<number> {
  const sources = Array.from({ length: 20 }, (_, i) => ({ name: `p${i}`, file: `p${i}.rego`, text: policyText(i) }));
  const createPolicySet = await loadPolicyCompiler();
  const result = createPolicySet(sources, 1);
  if ("error" in result) throw new Error(result.error);
  const effects = {
    now: Date.now,
    ticks: () => performance.now() * 1000,
    randomBytes: (size: number) => randomBytes(size),
    subjectOf: () => "no certificate requests here",
  };
  const snapshot = {
    generation: 1,
    objects: reader,
    catalogue: builtinCatalogue,
    authorizer: { authorize: () => ({ allowed: true, reason: "" }) },
    policies: result.set,
    policyData: {},
  };
  const options = { plugins: createChain() as readonly Plugin[] };
  const once = async () => {
    const { allowed, status } = await admit(podRequest, snapshot, effects, options);
    if (!allowed) throw new Error(status?.message);
  };
  for (let i = 0; i < 2000; i++) await once();
  const start = performance.now();
  const count = 10_000;
  for (let i = 0; i < count; i++) await once();
  return count / ((performance.now() - start) / 1000);
}

function policyText(index: number): string {
  return `package kubernetes.admission.p${index}

deny contains msg if {
	input.request.kind.kind == "Pod"
	some container in input.request.object.spec.containers
	startswith(container.image, "forbidden-${index}.example.com/")
	msg := sprintf("image %q is not trusted", [container.image])
}

deny contains "privileged" if {
	some container in input.request.object.spec.containers
	container.securityContext.privileged == true
}
`;
}

const reader: ObjectReader = {
  get: (_group, resource, namespace, name) =>
    resource === "namespaces" || resource === "serviceaccounts"
      ? {
          apiVersion: "v1",
          kind: resource === "namespaces" ? "Namespace" : "ServiceAccount",
          metadata: { name, namespace },
        }
      : undefined,
  list: () => [],
};

const podRequest: Request = {
  uid: "1",
  kind: { group: "", version: "v1", kind: "Pod" },
  resource: { group: "", version: "v1", resource: "pods" },
  subResource: "",
  name: "p",
  namespace: "default",
  operation: "CREATE",
  userInfo: { username: "bench", groups: ["system:authenticated"] },
  object: {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "default" },
    spec: {
      containers: ["a", "b", "c"].map((name) => ({
        name,
        image: `registry.example.com/${name}:1`,
        securityContext: { runAsNonRoot: true },
      })),
    },
  },
  oldObject: null,
  options: null,
  dryRun: false,
};
