import { type GroupVersionKind, type KubeObject, parseApiVersion } from "@sallyport/kube";
import { Configuration, kindKey } from "../admission/configuration.ts";
import { type Fields, isFields, nested, textOf } from "../fields.ts";
import { isTemplate } from "../template/template.ts";

/** Kinds of which one is enough. */
type Requirement = readonly GroupVersionKind[];

/** What templates read of the inventory, and Configs and SyncSets do not replicate. */
export interface SyncFindings {
  /** By the template's name. */
  readonly missing: ReadonlyMap<string, readonly Requirement[]>;
  /** By the template's name; where there is one, nothing else is told. */
  readonly faults: ReadonlyMap<string, string>;
}

export interface SyncOptions {
  /** Without a GVKManifest all kinds are taken for served. */
  readonly omitsManifest: boolean;
  /** Told the name of each object that says nothing of replication. */
  readonly onSkipped: (name: string) => void;
}

/** Where templates name the kinds that they read: lists of alternatives, each of groups, versions and kinds. */
const annotation = "metadata.gatekeeper.sh/requires-sync-data";

/** Compares what templates say that they need with what is replicated, and with what the cluster serves by its GVKManifest. Throws an error of one line. */
export function findMissingSyncs(
  objects: readonly KubeObject[],
  { omitsManifest, onSkipped }: SyncOptions,
): SyncFindings {
  const configuration = new Configuration();
  const requirements = new Map<string, readonly Requirement[]>();
  const faults = new Map<string, string>();
  let manifest: KubeObject | undefined;
  let hasConfig = false;
  for (const object of objects) {
    const { name = "" } = object.metadata;
    if (isOf(object, "syncset.gatekeeper.sh", "SyncSet")) configuration.put(`syncset ${name}`, object);
    else if (isOf(object, "config.gatekeeper.sh", "Config")) {
      if (hasConfig) throw new Error("multiple configs found; Config is a singleton resource");
      hasConfig = true;
      configuration.put("config", object);
    } else if (isTemplate(object)) readRequirements(object, requirements, faults);
    else if (isOf(object, "gvkmanifest.gatekeeper.sh", "GVKManifest")) {
      if (manifest !== undefined)
        throw new Error(
          "multiple GVK manifests found; please provide one manifest enumerating the GVKs supported by the cluster",
        );
      manifest = object;
    } else onSkipped(name);
  }
  if (faults.size > 0) return { missing: new Map(), faults };
  if (manifest === undefined && !omitsManifest)
    throw new Error("no GVK manifest found; please provide a manifest enumerating the GVKs supported by the cluster");
  const served = omitsManifest ? undefined : servedBy(manifest);
  const synced = new Set(configuration.replicated.map(kindKey));
  const isMet = (kind: GroupVersionKind) =>
    synced.has(kindKey(kind)) && (served === undefined || served.has(kindKey(kind)));
  return { faults, missing: unmet(requirements, isMet) };
}

function unmet(
  requirements: ReadonlyMap<string, readonly Requirement[]>,
  isMet: (kind: GroupVersionKind) => boolean,
): ReadonlyMap<string, readonly Requirement[]> {
  const missing = [...requirements].map(
    ([name, all]) => [name, all.filter((alternatives) => !alternatives.some(isMet))] as const,
  );
  return new Map(missing.filter(([, all]) => all.length > 0).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isOf({ apiVersion, kind }: KubeObject, group: string, wanted: string): boolean {
  return kind === wanted && parseApiVersion(apiVersion).group === group;
}

function readRequirements(
  { metadata: { name = "", annotations = {} } }: KubeObject,
  found: Map<string, readonly Requirement[]>,
  faults: Map<string, string>,
): void {
  const text = annotations[annotation];
  if (text === undefined) return;
  try {
    found.set(name, requirementsIn(text.replace(/^[\n"]+|[\n"]+$/g, "")));
  } catch (error) {
    faults.set(name, (error as Error).message);
  }
}

function requirementsIn(text: string): readonly Requirement[] {
  const value: unknown = JSON.parse(text);
  return listOf(value, "a list of requirements").map((each) =>
    listOf(each, "a list of alternatives").flatMap((clause) => kindsOf(clause)),
  );
}

function kindsOf(clause: unknown): Requirement {
  if (!isFields(clause)) throw new Error("an alternative is an object with groups, versions and kinds");
  const unknown = Object.keys(clause).find((name) => !["groups", "versions", "kinds"].includes(name));
  if (unknown !== undefined) throw new Error(`json: unknown field ${JSON.stringify(unknown)}`);
  const [groups, versions, kinds] = [textsOf(clause, "groups"), textsOf(clause, "versions"), textsOf(clause, "kinds")];
  return groups.flatMap((group) => versions.flatMap((version) => kinds.map((kind) => ({ group, version, kind }))));
}

function textsOf(clause: Fields, field: string): readonly string[] {
  return listOf(clause[field] ?? [], `a list of ${field}`).map((each) => {
    if (typeof each === "string") return each;
    throw new Error(`${field} are texts, not ${JSON.stringify(each)}`);
  });
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`${JSON.stringify(value)} is not ${what}`);
}

/** `spec.groups[group][version]` lists kinds. gvkmanifest.gatekeeper.sh/v1alpha1 */
function servedBy(manifest: KubeObject | undefined): ReadonlySet<string> {
  const groups = nested(manifest, "spec", "groups");
  return new Set(
    Object.entries(isFields(groups) ? groups : {}).flatMap(([group, versions]) =>
      Object.entries(isFields(versions) ? versions : {}).flatMap(([version, kinds]) =>
        (Array.isArray(kinds) ? kinds : []).map((kind) => kindKey({ group, version, kind: textOf(kind) })),
      ),
    ),
  );
}
