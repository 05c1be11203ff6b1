import type { AuthorizationPolicy } from "../policy/authorization-policy.ts";
import type { MutualTlsMode } from "../policy/call.ts";
import type { DestinationRule } from "../policy/destination-rule.ts";
import { modeOf, type PeerAuthentication, resolveModes } from "../policy/peer-authentication.ts";
import { meshObjectFaults } from "../policy/validation/faults.ts";
import { defaultMesh, type MeshObject, type MeshSettings } from "../policy/workload.ts";
import type { PortProtocol } from "../proxy/proxy-config.ts";
import { behind, type MeshService, meshService, targetOf } from "./mesh-service.ts";
import { type MeshWorkload, meshWorkloads, portsOf } from "./mesh-workload.ts";
import { ofKind, type PlacedObject } from "./placed-object.ts";

/** A cluster as a mesh sees it. */
export interface MeshView {
  readonly mesh: MeshSettings;
  /** Labels by name. A namespace that only objects name is there too, without labels. */
  readonly namespaces: ReadonlyMap<string, { readonly [key: string]: string }>;
  readonly workloads: readonly MeshWorkload[];
  readonly services: readonly MeshService[];
  readonly peerAuthentications: readonly PeerAuthentication[];
  readonly authorizationPolicies: readonly AuthorizationPolicy[];
  readonly destinationRules: readonly DestinationRule[];
  /** All that was read, for who looks for more. */
  readonly objects: readonly PlacedObject[];
  /** What is wrong with the mesh's objects. */
  readonly problems: readonly MeshProblem[];
}

/** A line about an object of the mesh. */
export interface MeshProblem {
  readonly of: PlacedObject;
  readonly text: string;
  /** `unreadable`: it has not the shape of its kind, and is left out; `fault`: Istio's webhook would refuse it; `warning`: it would not. */
  readonly grade: "unreadable" | "fault" | "warning";
}

export interface ViewOptions {
  readonly mesh?: MeshSettings;
  /** Of the mesh, as namespaces and pods name it (`istio.io/rev`). */
  readonly revision?: string;
}

/** Makes a view of objects. Those of namespaces must name theirs. */
export function meshView(objects: readonly PlacedObject[], options: ViewOptions = {}): MeshView {
  const { mesh = defaultMesh, revision = "default" } = options;
  const named = objects.flatMap(({ object }) => object.metadata.namespace ?? []);
  const told = ofKind(objects, "", "Namespace").map(
    ({ object: { metadata } }) => [metadata.name ?? "", metadata.labels ?? {}] as const,
  );
  const namespaces = new Map([...named.map((name) => [name, {}] as const), ...told]);
  const judged = objects.flatMap(problemsOf);
  const unreadable = new Set(judged.filter(({ grade }) => grade === "unreadable").map(({ of }) => of));
  const meshObjects = <T extends MeshObject>(group: string, kind: string): readonly T[] =>
    ofKind(objects, group, kind)
      .filter((each) => !unreadable.has(each))
      .map(({ object }) => object as unknown as T);
  return {
    mesh,
    namespaces,
    workloads: meshWorkloads(objects, namespaces, revision),
    services: ofKind(objects, "", "Service").map(meshService),
    peerAuthentications: meshObjects("security.istio.io", "PeerAuthentication"),
    authorizationPolicies: meshObjects("security.istio.io", "AuthorizationPolicy"),
    destinationRules: meshObjects("networking.istio.io", "DestinationRule"),
    objects,
    problems: judged,
  };
}

function problemsOf(of: PlacedObject): readonly MeshProblem[] {
  if (!/^(security|networking)\.istio\.io\//.test(of.object.apiVersion)) return [];
  const { faults, warnings, isUnreadable } = meshObjectFaults(of.object as never);
  const grade = isUnreadable ? "unreadable" : "fault";
  return [
    ...faults.map((text) => ({ of, text, grade }) as const),
    ...warnings.map((text) => ({ of, text, grade: "warning" }) as const),
  ];
}

/** Where an object of the mesh was read; none of a cluster. */
export function placeOf({ objects }: MeshView, policy: MeshObject): string | undefined {
  return objects.find(({ object }) => (object as unknown) === policy)?.place;
}

/** How a workload takes connections to a port now. */
export function modeAt(view: MeshView, workload: MeshWorkload, port: number): MutualTlsMode {
  return modeOf(resolveModes(workload, view.peerAuthentications, view.mesh), port);
}

/** A port of a workload, with the ways to it. */
export interface ServedPort {
  readonly workload: MeshWorkload;
  /** Of the workload. */
  readonly port: number;
  readonly protocol: PortProtocol;
  readonly through: readonly { readonly service: MeshService; readonly port: number }[];
}

/** Every port of every workload that a Service leads to, or that its containers name. */
export function servedPorts(view: MeshView): readonly ServedPort[] {
  const services = Map.groupBy(view.services, ({ namespace }) => namespace);
  return view.workloads.flatMap((workload) => {
    const through = (services.get(workload.namespace) ?? [])
      .filter((service) => behind(service, [workload]).length > 0)
      .flatMap((service) =>
        service.ports.flatMap((each) => {
          const port = targetOf(each, workload);
          return port === undefined ? [] : [{ service, each, port }];
        }),
      );
    const numbers = [...through.map(({ port }) => port), ...portsOf(workload).map(({ number }) => number)];
    return [...new Set(numbers)]
      .sort((a, b) => a - b)
      .map((port) => {
        const ways = through.filter((way) => way.port === port);
        return {
          workload,
          port,
          protocol: ways[0]?.each.protocol ?? "auto",
          through: ways.map(({ service, each }) => ({ service, port: each.port })),
        };
      });
  });
}
