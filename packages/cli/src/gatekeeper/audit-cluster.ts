import { setImmediate as nextTurn } from "node:timers/promises";
import { type Client, discover, discoveredCatalogue } from "@sallyport/cluster";
import { Audit, type AuditOptions, isGatekeeperGroup, isTemplate } from "@sallyport/constraints";
import type { Catalogue, KubeObject, ResourceInfo } from "@sallyport/kube";
import { timestampOf } from "./audit-output.ts";
import type { ExternalDataSettings } from "./external-data.ts";
import { createGatekeeper } from "./gatekeeper.ts";
import { gatekeeperResources } from "./watched-gatekeeper.ts";

export interface AuditClusterOptions extends Pick<AuditOptions, "violationsLimit" | "onViolation"> {
  readonly client: Client;
  /** Objects of one page of a list: what is held at a time. Gatekeeper's `--audit-chunk-size`. */
  readonly chunkSize: number;
  /** Only what Configs and SyncSets name is looked at. Gatekeeper's `--audit-from-cache`. */
  readonly fromCache?: boolean;
  /** What is found is written into the constraints' status. */
  readonly writesStatus: boolean;
  readonly now: () => number;
  /** How Providers are asked; they are not when absent. */
  readonly externalData?: ExternalDataSettings | undefined;
}

/** Milliseconds of reviews at a time: a server that audits beside its work answers in between. */
const maxTurn = 10;

type Place = Pick<ResourceInfo, "group" | "version" | "resource">;

/** One audit of what an API server holds: policies first, then each kind that a constraint may match, a page at a time. Rejects where something cannot be read. */
export async function auditCluster(options: AuditClusterOptions): Promise<Audit> {
  const { client, writesStatus, now } = options;
  const timestamp = timestampOf(now());
  const catalogue = discoveredCatalogue(await discover(client));
  const { policies } = createGatekeeper(() => [], { externalData: options.externalData });
  const namespaces = new Map<string, KubeObject>();
  const apply = (place: Place, object: KubeObject) => {
    const { name = "", namespace = "" } = object.metadata;
    policies.apply({ resource: place, namespace, name, object });
  };
  const constraints: KubeObject[] = [];
  for (const place of ownPlaces(catalogue)) {
    for await (const object of objectsOf(options, place)) {
      apply(place, object);
      if (!isTemplate(object) || !policies.framework.has(object.metadata.name ?? "")) continue;
      const resource = preferred(catalogue, "constraints.gatekeeper.sh", object.metadata.name ?? "");
      if (resource === undefined) continue;
      for await (const each of objectsOf(options, resource)) {
        apply(resource, each);
        constraints.push(each);
      }
    }
  }
  for await (const each of objectsOf(options, { group: "", version: "v1", resource: "namespaces" }))
    namespaces.set(each.metadata.name ?? "", each);
  for (const { group, version, kind } of policies.configuration.replicated) {
    const place = catalogue.findKind(group, version, kind);
    if (place !== undefined) for await (const each of objectsOf(options, place)) apply(place, each);
  }
  const audit = new Audit({ ...options, policies });
  let turn = performance.now();
  const { replicated } = policies.configuration;
  const isCached = (place: ResourceInfo) =>
    replicated.some(({ group, kind }) => group === place.group && kind === place.kind);
  const places = auditedPlaces(catalogue, constraints);
  for (const place of options.fromCache === true ? places.filter(isCached) : places)
    for await (const object of objectsOf(options, place)) {
      await audit.review(object, namespaces.get(object.metadata.namespace ?? ""));
      if (performance.now() - turn < maxTurn) continue;
      await nextTurn();
      turn = performance.now();
    }
  if (writesStatus) for (const each of constraints) await writeStatus(client, each, audit, timestamp);
  return audit;
}

async function* objectsOf(
  { client, chunkSize }: AuditClusterOptions,
  { group, version, resource }: Place,
): AsyncGenerator<KubeObject> {
  const path = `${group === "" ? "/api" : `/apis/${group}`}/${version}/${resource}`;
  const ask = (rest: string) =>
    client.onePass(path, { limit: String(chunkSize), ...(rest === "" ? {} : { continue: rest }) });
  // The server makes the next page while this one is looked at.
  for (let next: ReturnType<typeof ask> | undefined = ask(""); next !== undefined; ) {
    const page: Awaited<typeof next> = await next;
    next = page.continue === "" ? undefined : ask(page.continue);
    // It is told of when it is awaited; who stops before that is not told.
    next?.catch(() => {});
    yield* page.items;
  }
}

function preferred(catalogue: Catalogue, group: string, resource: string): ResourceInfo | undefined {
  const isServed = [...catalogue.all()].some((each) => each.group === group && each.resource === resource);
  return isServed ? catalogue.preferred(group, resource) : undefined;
}

/** Gatekeeper's own, as far as they are served. */
function ownPlaces(catalogue: Catalogue): readonly ResourceInfo[] {
  return gatekeeperResources.flatMap((name) => {
    const [resource = "", ...group] = name.split(".");
    return preferred(catalogue, group.join("."), resource) ?? [];
  });
}

/** Kinds that a constraint names, or all where one names none, each in one version: what no constraint could match is not read. */
function auditedPlaces(catalogue: Catalogue, constraints: readonly KubeObject[]): readonly ResourceInfo[] {
  const isMatched = ({ group, kind }: ResourceInfo) =>
    constraints.some((each) =>
      kindsOf(each).some(({ apiGroups, kinds }) => isIn(apiGroups, group) && isIn(kinds, kind)),
    );
  const listed = [...catalogue.all()].filter(
    (each) =>
      !each.resource.includes("/") &&
      each.verbs.includes("list") &&
      catalogue.preferred(each.group, each.resource) === each,
  );
  // What Gatekeeper itself keeps is none of its own business.
  return listed.filter((each) => !isGatekeeperGroup(each.group) && isMatched(each));
}

interface MatchedKinds {
  readonly apiGroups?: readonly string[];
  readonly kinds?: readonly string[];
}

function kindsOf(constraint: KubeObject): readonly MatchedKinds[] {
  const spec = constraint["spec"] as { readonly match?: { readonly kinds?: readonly MatchedKinds[] } } | undefined;
  const kinds = spec?.match?.kinds ?? [];
  return kinds.length === 0 ? [{}] : kinds;
}

function isIn(list: readonly string[] | undefined, name: string): boolean {
  return list === undefined || list.length === 0 || list.includes("*") || list.includes(name);
}

async function writeStatus(client: Client, constraint: KubeObject, audit: Audit, timestamp: string): Promise<void> {
  const { apiVersion, kind, metadata } = constraint;
  const status = audit.statusOf(kind, metadata.name ?? "", timestamp);
  const path = `/apis/${apiVersion}/${kind.toLowerCase()}/${metadata.name}/status`;
  await client.ask(path, { method: "PATCH", type: "application/merge-patch+json", body: { status } });
}
