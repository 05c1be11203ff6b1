import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { commandMounts, type MountTable } from "./mount-table.ts";
import type {
  ConfigMap,
  PersistentVolume,
  PersistentVolumeClaim,
  PodReader,
  Secret,
  TokenRequest,
} from "./pod-reader.ts";

export const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Tests that mount for real need root and util-linux. */
export const noMounts: string | false =
  process.getuid?.() !== 0
    ? "not root: nothing can be mounted"
    : !["/bin/mount", "/usr/bin/mount"].some((place) => existsSync(place)) && "no mount program";

/** A folder, by its real path, that is gone after the test with all that is mounted in it. */
export function podFolder(t: Pick<TestContext, "after">): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "sallyport-volumes-")));
  t.after(async () => {
    const mounts = commandMounts();
    for (const place of mounts.below(folder)) await mounts.unmount(place);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Mounts nothing: what would be bound is copied. */
export function fakeMounts(): MountTable & { readonly made: string[] } {
  const made: string[] = [];
  const there = new Set<string>();
  return {
    made,
    tmpfs: async (place, size) => {
      made.push(`tmpfs ${place.split("/").at(-1)}${size === undefined ? "" : ` ${size}`}`);
      there.add(place);
    },
    bind: async (source, place) => {
      cpSync(realpathSync(source), place, { recursive: true });
      there.add(place);
    },
    unmount: async (place) => void there.delete(place),
    below: (folder) => [...there].filter((place) => place === folder || place.startsWith(`${folder}/`)),
  };
}

export interface FakeCluster extends Omit<PodReader, "configMap"> {
  readonly configMaps: { [name: string]: ConfigMap | undefined };
  readonly secrets: { [name: string]: Secret | undefined };
  readonly claims: { [name: string]: PersistentVolumeClaim | undefined };
  readonly volumes: { [name: string]: PersistentVolume | undefined };
  readonly asked: TokenRequest[];
  /** Milliseconds since 1970. */
  time: number;
  isDown: boolean;
  configMap: PodReader["configMap"];
}

/** Answers tokens `token-1`, `token-2`, …, each for as long as was asked. */
export function fakeCluster(): FakeCluster {
  const cluster: FakeCluster = {
    configMaps: {},
    secrets: {},
    claims: {},
    volumes: {},
    asked: [],
    time: 1e12,
    isDown: false,
    configMap: async (_namespace, name) => cluster.configMaps[name],
    secret: async (_namespace, name) => cluster.secrets[name],
    claim: async (_namespace, name) => cluster.claims[name],
    persistentVolume: async (name) => cluster.volumes[name],
    createToken: async (request) => {
      if (cluster.isDown) throw new Error("the server does not answer");
      const count = cluster.asked.push(request);
      const expirationTimestamp = new Date(cluster.time + request.expirationSeconds * 1000).toISOString();
      return { token: `token-${count}`, expirationTimestamp };
    },
  };
  return cluster;
}

export function podWith(spec: object, metadata: object = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "shop", uid: "u-1", labels: { app: "web" }, ...metadata },
    spec: { serviceAccountName: "runner", nodeName: "n1", ...spec },
  };
}

export const node = { hostIPs: ["192.0.2.1"], allocatable: { cpu: "2", memory: "1Gi" } };

/** Names in a folder, with what symlinks lead to but for the name of the folder of a version. */
export function namesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => {
      const name = entry.name.replace(/^\.\.\d.*$/, "..version");
      if (!entry.isSymbolicLink()) return name;
      return `${name} -> ${readlinkSync(join(folder, entry.name)).replace(/^\.\.\d.*$/, "..version")}`;
    })
    .sort();
}

export function makeFolder(...path: string[]): string {
  mkdirSync(join(...path), { recursive: true });
  return join(...path);
}
