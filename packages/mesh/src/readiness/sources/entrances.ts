import type { MeshView, ServedPort } from "../../view/mesh-view.ts";
import { type MeshWorkload, titleOf } from "../../view/mesh-workload.ts";
import { type Fields, listOf, ofKind, type PlacedObject } from "../../view/placed-object.ts";
import type { Finding, FindingSource } from "../finding.ts";

type Backend = { readonly namespace: string; readonly name: string; readonly port: number | string | undefined };

/** Controllers of Ingresses, by the label or image that their makers give them. */
const controllers =
  /(^|[/-])(ingress-nginx|nginx-ingress|traefik|haproxy-ingress|kubernetes-ingress|contour|envoy|kong)\b/;

/** Controllers of Ingresses, which call pods as they are configured. */
export const ingresses: FindingSource = {
  name: "Ingress",
  find: (view, port) =>
    ofKind(view.objects, "networking.k8s.io", "Ingress")
      .filter(
        (each) =>
          !isOfMesh(specOf(each).ingressClassName) && backendsOf(each).some((backend) => leadsTo(backend, port)),
      )
      .flatMap((each) => ingressFinding(view, each)),
};

function ingressFinding(view: MeshView, { object, place }: PlacedObject): readonly Finding[] {
  const controller = view.workloads.find(isController);
  const annotations = object.metadata.annotations ?? {};
  const isThroughService = annotations["nginx.ingress.kubernetes.io/service-upstream"] === "true";
  if (controller?.sidecar.isThere === true && isThroughService) return [];
  const name = `Ingress ${object.metadata.namespace}/${object.metadata.name}`;
  const has =
    controller?.sidecar.isThere === true
      ? "its sidecar passes calls to pods' addresses on as they are"
      : "it has no sidecar";
  return [
    {
      grade: controller !== undefined && !controller.sidecar.isThere ? "certain" : "likely",
      source: ingresses.name,
      client: controller === undefined ? "the controller of Ingresses" : titleOf(controller),
      reason: `${name} leads to the port, and ${controller === undefined ? "nothing says that its controller is of the mesh" : has}`,
      sends: "plaintext",
      better: "give the controller a sidecar, and let it call Services, not pods (nginx: service-upstream)",
      ...(place === undefined ? {} : { place }),
    },
  ];
}

function isController({ labels, pod }: MeshWorkload): boolean {
  const images = (pod.spec.containers ?? []).map(({ image = "" }) => image);
  return [labels["app.kubernetes.io/name"] ?? "", ...images].some((each) => controllers.test(each));
}

/** Gateways, whose class says whether they are of the mesh. */
export const gateways: FindingSource = {
  name: "Gateway",
  find: (view, port) =>
    ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute"].flatMap((kind) =>
      ofKind(view.objects, "gateway.networking.k8s.io", kind)
        .filter((route) => routeBackends(route).some((backend) => leadsTo(backend, port)))
        .flatMap((route) => routeFindings(view, route)),
    ),
};

function routeFindings(view: MeshView, route: PlacedObject): readonly Finding[] {
  const { namespace = "", name } = route.object.metadata;
  const parents = listOf(specOf(route).parentRefs).filter(({ kind = "Gateway" }) => kind === "Gateway");
  return parents.flatMap((parent) => {
    const home = parent.namespace ?? namespace;
    const gateway = ofKind(view.objects, "gateway.networking.k8s.io", "Gateway").find(
      ({ object: { metadata } }) => metadata.namespace === home && metadata.name === parent.name,
    );
    const className = gateway === undefined ? undefined : specOf(gateway).gatewayClassName;
    if (isOfMesh(className)) return [];
    const of = className === undefined ? "of a class that is not known here" : `of class ${className}`;
    return [
      {
        grade: "likely" as const,
        source: gateways.name,
        client: `Gateway ${home}/${parent.name}`,
        reason: `${route.object.kind} ${namespace}/${name} leads from it to the port, and it is ${of}`,
        sends: "plaintext" as const,
        better: "a gateway of the mesh (class istio), or a sidecar beside this one",
        ...(route.place === undefined ? {} : { place: route.place }),
      },
    ];
  });
}

function isOfMesh(className: unknown): boolean {
  return typeof className === "string" && /^istio(-|$)/.test(className);
}

function specOf({ object }: PlacedObject): Fields {
  return object["spec"] ?? {};
}

function backendsOf(ingress: PlacedObject): readonly Backend[] {
  const { defaultBackend, rules } = specOf(ingress);
  const paths = listOf(rules).flatMap(({ http }) => listOf(http?.paths).map(({ backend }) => backend));
  return [defaultBackend, ...paths].flatMap((backend) => {
    const { name, port } = backend?.service ?? {};
    return typeof name === "string"
      ? [{ namespace: ingress.object.metadata.namespace ?? "", name, port: port?.number ?? port?.name }]
      : [];
  });
}

function routeBackends(route: PlacedObject): readonly Backend[] {
  return listOf(specOf(route).rules)
    .flatMap(({ backendRefs }) => listOf(backendRefs))
    .filter(({ kind = "Service" }) => kind === "Service")
    .map(({ namespace, name, port }) => ({
      namespace: namespace ?? route.object.metadata.namespace ?? "",
      name,
      port,
    }));
}

function leadsTo({ namespace, name, port }: Backend, { through }: ServedPort): boolean {
  return through.some((way) => {
    const named = way.service.ports.find((each) => each.port === way.port)?.name;
    const isPort = typeof port === "string" ? port === named : port === undefined || port === way.port;
    return way.service.namespace === namespace && way.service.name === name && isPort;
  });
}

/** Services that are open to who is not of the cluster. */
export const exposed: FindingSource = {
  name: "Service",
  find: (_view, { through }) =>
    through
      .filter(
        ({ service: { type, externalIps } }) =>
          type === "NodePort" || type === "LoadBalancer" || externalIps.length > 0,
      )
      .map(({ service, port }) => ({
        grade: "likely" as const,
        source: exposed.name,
        client: "clients from outside of the cluster",
        reason: `Service ${service.namespace}/${service.name} is open to them (${service.externalIps.length > 0 ? "externalIPs" : service.type}), port ${port}, and they have no certificate of the mesh`,
        sends: "plaintext" as const,
        better: "let them in by a gateway of the mesh",
        ...(service.place === undefined ? {} : { place: service.place }),
      })),
};
