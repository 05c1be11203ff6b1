import { type Client, unlessGone } from "@sallyport/cluster";
import type { KubeObject } from "@sallyport/kube";
import { parse } from "yaml";
import { CommandFault } from "../../opa/command.ts";
import { type CatalogPolicy, policyNamed } from "./catalog.ts";
import { fetchContent, type StoredCatalog } from "./catalog-source.ts";
import { repository } from "./generate-catalog.ts";

/** A policy that gator, or we, put into a cluster. */
export interface InstalledPolicy {
  readonly name: string;
  readonly version: string;
  readonly bundle?: string;
  /** RFC 3339. */
  readonly installedAt?: string;
}

/** What became of an installation; it ends at the first failure. */
export interface Installation {
  readonly installed: string[];
  /** Installed already, in the same version. */
  readonly skipped: string[];
  readonly failed: { readonly name: string; readonly error: string; readonly isConflict: boolean }[];
  templates: number;
  constraints: number;
}

export interface InstallOptions {
  /** A policy with the bundle that it comes from, whose constraint it gets; without one, none. */
  readonly policies: readonly { readonly name: string; readonly bundle?: string | undefined }[];
  readonly stored: StoredCatalog;
  /** Of the constraints; else what they have, in the cluster first. */
  readonly enforcementAction: string;
  /** Nothing is written, and nothing is asked where it is absent. */
  readonly client: Client | undefined;
  readonly now: () => Date;
}

const templates = "/apis/templates.gatekeeper.sh/v1/constrainttemplates";

const managedBy = "gatekeeper.sh/managed-by";
const bundleLabel = "gatekeeper.sh/bundle";
const versionAnnotation = "gatekeeper.sh/policy-version";
const sourceAnnotation = "gatekeeper.sh/policy-source";
const installedAnnotation = "gatekeeper.sh/installed-at";

/** gator waits so long for a template to serve its constraints. */
const readyMs = 120_000;
const askAgainMs = 200;

/** Something of the same name that is not gator's. */
class Conflict extends Error {
  constructor(kind: string, name: string) {
    super(
      `${kind} '${name}' already exists but is not managed by gator (expected label '${managedBy}: gator' and annotation '${sourceAnnotation}')`,
    );
  }
}

/** Rejects with a `CommandFault` of status 2 where the cluster has no Gatekeeper. */
export async function installedPolicies(client: Client): Promise<readonly InstalledPolicy[]> {
  const found = await find(client, `${templates}?labelSelector=${encodeURIComponent(`${managedBy}=gator`)}`);
  if (found === undefined) throw new CommandFault("Error: gatekeeper CRDs not found in cluster", 2);
  const { items } = found as unknown as { readonly items: readonly KubeObject[] };
  return items.filter(isManaged).map(({ metadata: { name = "", labels = {}, annotations = {} } }) => ({
    name,
    version: annotations[versionAnnotation] ?? "",
    ...(labels[bundleLabel] ? { bundle: labels[bundleLabel] } : {}),
    ...(annotations[installedAnnotation] ? { installedAt: annotations[installedAnnotation] } : {}),
  }));
}

export async function installPolicies(options: InstallOptions): Promise<Installation> {
  const done: Installation = { installed: [], skipped: [], failed: [], templates: 0, constraints: 0 };
  for (const { name, bundle = "" } of options.policies) {
    try {
      const policy = policyNamed(options.stored.catalog, name);
      if (policy === undefined) throw new Error(`policy not found: ${name}`);
      if (await install(policy, bundle, options, done)) {
        done.installed.push(name);
        done.templates++;
      } else done.skipped.push(name);
    } catch (error) {
      const { message } = error as Error;
      done.failed.push({ name, error: message.replace(/^Error: /, ""), isConflict: error instanceof Conflict });
      break;
    }
  }
  return done;
}

/** False where it was there already. */
async function install(
  policy: CatalogPolicy,
  bundle: string,
  options: InstallOptions,
  done: Installation,
): Promise<boolean> {
  const { client, stored } = options;
  const template = managed(await objectAt(policy.templatePath, stored.url), policy, bundle, options.now());
  const path = `${templates}/${template.metadata.name}`;
  const existing = client && (await find(client, path));
  if (existing !== undefined && !isManaged(existing)) throw new Conflict("ConstraintTemplate", policy.name);
  const isThere = existing?.metadata.annotations?.[versionAnnotation] === policy.version;
  if (client !== undefined && !isThere) await write(client, templates, template, existing);
  const constraintPath = policy.bundleConstraints?.[bundle];
  if (!constraintPath) return !isThere;
  const constraint = managed(await objectAt(constraintPath, stored.url), policy, bundle, options.now());
  if (client !== undefined) await installConstraint(client, constraint, options.enforcementAction);
  done.constraints++;
  return true;
}

/** Rejects with what the cluster says. What somebody chose to enforce stays, unless it is asked for otherwise. */
async function installConstraint(client: Client, constraint: KubeObject, enforcementAction: string): Promise<void> {
  const place = `/apis/constraints.gatekeeper.sh/v1beta1/${constraint.kind.toLowerCase()}`;
  const deadline = performance.now() + readyMs;
  while ((await find(client, place)) === undefined) {
    if (performance.now() > deadline) throw new Error(`waiting for constraint CRD: ${constraint.kind} is not served`);
    await new Promise((done) => setTimeout(done, askAgainMs));
  }
  const existing = await find(client, `${place}/${constraint.metadata.name}`);
  if (existing !== undefined && !isManaged(existing))
    throw new Conflict(constraint.kind, constraint.metadata.name ?? "");
  const specOf = (object: KubeObject | undefined) =>
    (object?.["spec"] ?? {}) as { readonly enforcementAction?: string };
  const action = enforcementAction || specOf(existing).enforcementAction;
  const spec = { ...specOf(constraint), ...(action ? { enforcementAction: action } : {}) };
  await write(client, place, { ...constraint, spec } as KubeObject, existing);
}

/** What became of removals; others go on where one is not gator's. */
export interface Removal {
  readonly uninstalled: string[];
  readonly notFound: string[];
  readonly notManaged: string[];
}

/** Takes templates away, and with them their constraints. Rejects with what the cluster refuses. */
export async function uninstallPolicies(client: Client, names: readonly string[], isDry: boolean): Promise<Removal> {
  const done: Removal = { uninstalled: [], notFound: [], notManaged: [] };
  for (const name of names) {
    const existing = await find(client, `${templates}/${name}`);
    if (existing === undefined) done.notFound.push(name);
    else if (!isManaged(existing)) done.notManaged.push(name);
    else {
      if (!isDry) await client.ask(`${templates}/${name}`, { method: "DELETE" });
      done.uninstalled.push(name);
    }
  }
  return done;
}

async function objectAt(path: string, catalog: string): Promise<KubeObject> {
  const object = parse(await fetchContent(path, catalog)) as KubeObject | null;
  if (typeof object?.kind !== "string" || typeof object.metadata?.name !== "string")
    throw new CommandFault(`Error: ${path}: expected a Kubernetes object with kind and metadata.name`);
  return object;
}

function managed(object: KubeObject, { version }: CatalogPolicy, bundle: string, now: Date): KubeObject {
  const { labels, annotations, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: {
      ...metadata,
      labels: { ...labels, [managedBy]: "gator", ...(bundle === "" ? {} : { [bundleLabel]: bundle }) },
      annotations: {
        ...annotations,
        [versionAnnotation]: version,
        [sourceAnnotation]: repository,
        [installedAnnotation]: now.toISOString().replace(/\.\d+Z$/, "Z"),
      },
    },
  };
}

function isManaged({ metadata: { labels = {}, annotations = {} } }: KubeObject): boolean {
  return labels[managedBy] === "gator" && (annotations[sourceAnnotation] ?? "") !== "";
}

async function find(client: Client, path: string): Promise<KubeObject | undefined> {
  return (await unlessGone(client.ask(path))) as KubeObject | undefined;
}

async function write(client: Client, place: string, object: KubeObject, existing: KubeObject | undefined) {
  if (existing === undefined) return client.ask(place, { method: "POST", body: object });
  const { resourceVersion } = existing.metadata as { readonly resourceVersion?: string };
  const body = { ...object, metadata: { ...object.metadata, resourceVersion } };
  return client.ask(`${place}/${object.metadata.name}`, { method: "PUT", body });
}
