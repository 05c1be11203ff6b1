import { Audit, type AuditOptions, isConstraint, isGatekeeperGroup, isTemplate } from "@sallyport/constraints";
import { type GroupVersionKind, type KubeObject, parseApiVersion } from "@sallyport/kube";
import { InputError, type Manifest } from "../manifests.ts";
import type { ExternalDataSettings } from "./external-data.ts";
import { createGatekeeper } from "./gatekeeper.ts";

export interface AuditFilesOptions extends Pick<AuditOptions, "violationsLimit" | "onViolation"> {
  readonly externalData?: ExternalDataSettings | undefined;
  /** Only what Configs and SyncSets name is looked at. Gatekeeper's `--audit-from-cache`. */
  readonly fromCache: boolean;
}

/** An audit of what files hold against the templates and constraints among them. Rejects with `InputError` where one of these cannot be used. */
export async function auditFiles(manifests: readonly Manifest[], options: AuditFilesOptions): Promise<Audit> {
  const objects = manifests.map(({ value }) => ({ metadata: {}, ...value }) as KubeObject);
  const { policies } = createGatekeeper((kind) => objects.filter((each) => isOf(each, kind)).map(changeOf), {
    externalData: options.externalData,
  });
  // Templates first: in files, constraints may stand in front of them.
  const own = [...objects.entries()].filter(([, each]) => isOwn(each));
  for (const [place, object] of own.sort(([, a], [, b]) => rankOf(a) - rankOf(b))) {
    const change = changeOf(object);
    policies.apply(change);
    const fault = policies.faultAt(change);
    const { file = "", line = 0 } = manifests[place] ?? {};
    if (fault !== undefined) throw new InputError(`${file}:${line}: ${fault}`);
  }
  const namespaces = new Map([
    ["default", defaultNamespace],
    ...objects.filter(isNamespace).map((each) => [each.metadata.name ?? "", each] as const),
  ]);
  const { replicated } = policies.configuration;
  const audit = new Audit({ ...options, policies });
  for (const each of objects) {
    if (isOwn(each) || (options.fromCache && !replicated.some((kind) => isOf(each, kind)))) continue;
    await audit.review(each, namespaces.get(each.metadata.namespace ?? ""));
  }
  return audit;
}

/** Every cluster has it; of all others a constraint that selects namespaces must be told. */
const defaultNamespace: KubeObject = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "default", labels: { "kubernetes.io/metadata.name": "default" } },
};

function isNamespace({ apiVersion, kind }: KubeObject): boolean {
  return apiVersion === "v1" && kind === "Namespace";
}

function isOwn({ apiVersion }: KubeObject): boolean {
  return isGatekeeperGroup(parseApiVersion(apiVersion).group);
}

function rankOf(object: KubeObject): number {
  return isTemplate(object) ? 0 : isConstraint(object) ? 1 : 2;
}

function isOf({ apiVersion, kind }: KubeObject, wanted: GroupVersionKind): boolean {
  const { group, version } = parseApiVersion(apiVersion);
  return kind === wanted.kind && group === wanted.group && version === wanted.version;
}

function changeOf(object: KubeObject) {
  const { group } = parseApiVersion(object.apiVersion);
  const { name = "", namespace = "" } = object.metadata;
  // Only told apart by it: the catalogue's plural is not needed.
  return { resource: { group, resource: object.kind.toLowerCase() }, namespace, name, object };
}
