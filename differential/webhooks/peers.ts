import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AuditEvent, type AuditPolicy, readAuditPolicy } from "@sallyport/apiserver";
import { createAdmissionEffects } from "../../packages/cli/src/effects/admission.ts";
import { type Peer, startEtcd, startKubeApiserverOn, startSallyport } from "../apiserver/peers.ts";
import type { Any } from "./scenario.ts";

/** A server with what it writes to its audit log: events that are complete. */
export interface AuditedPeer extends Peer {
  readonly events: () => readonly AuditEvent[];
}

const policy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived", "ResponseStarted"],
  // A patch of a webhook is told from this level on.
  rules: [{ level: "Request" }],
};

/** A real kube-apiserver with an audit log. */
export async function startAuditedKubeApiserver(files: {
  readonly apiserver: string;
  readonly etcd: string;
}): Promise<AuditedPeer> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-audit-"));
  const [policyFile, log] = [join(folder, "policy.json"), join(folder, "audit.log")];
  writeFileSync(policyFile, JSON.stringify(policy));
  const etcd = await startEtcd(files.etcd);
  const peer = await startKubeApiserverOn(files.apiserver, etcd.url, {
    "audit-policy-file": policyFile,
    "audit-log-path": log,
  });
  const lines = () => readFileSync(log, "utf8").trimEnd().split("\n");
  return {
    ...peer,
    events: () => lines().map((line) => JSON.parse(line) as Any),
    close: async () => {
      await peer.close();
      etcd.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Our own, which calls webhooks as `sallyport up` does. */
export async function startAuditedSallyport(onFault: (error: unknown) => void): Promise<AuditedPeer> {
  const events: AuditEvent[] = [];
  const peer = await startSallyport(onFault, {
    effects: createAdmissionEffects(),
    audit: { policy: readAuditPolicy(policy) as AuditPolicy, sink: (event) => events.push(event) },
  });
  return { ...peer, events: () => events };
}
