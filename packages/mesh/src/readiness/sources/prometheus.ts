import type { MeshService } from "../../view/mesh-service.ts";
import type { MeshView, ServedPort } from "../../view/mesh-view.ts";
import { type MeshWorkload, portsOf, titleOf } from "../../view/mesh-workload.ts";
import { type Fields, listOf, ofKind, type PlacedObject } from "../../view/placed-object.ts";
import type { Finding, FindingSource } from "../finding.ts";
import { matches } from "../network-policies.ts";

type Annotations = { readonly [name: string]: string };

const better =
  "scrape with the mesh's certificates (tlsConfig), or take the port from the sidecar by traffic.sidecar.istio.io/excludeInboundPorts";

/** Prometheus, by annotations of pods and Services. */
export const scrapeAnnotations: FindingSource = {
  name: "prometheus.io annotations",
  find: (view, { workload, port, through }) => [
    ...(isScraped(workload.pod.metadata.annotations, port, defaultPort(workload))
      ? [scraped(view, "the pods' annotations", workload.place)]
      : []),
    ...through.flatMap(({ service, port: servicePort }) => {
      const annotations = annotationsOf(view, service);
      const isMeant = isScraped(annotations, servicePort, service.ports[0]?.port);
      return isMeant
        ? [scraped(view, `the annotations of Service ${service.namespace}/${service.name}`, service.place)]
        : [];
    }),
  ],
};

function defaultPort(workload: MeshWorkload): number | undefined {
  return portsOf(workload)[0]?.number;
}

function isScraped(annotations: Annotations | undefined, port: number, otherwise: number | undefined): boolean {
  if (annotations?.["prometheus.io/scrape"] !== "true") return false;
  return Number(annotations["prometheus.io/port"] ?? otherwise) === port;
}

function annotationsOf({ objects }: MeshView, { namespace, name }: MeshService): Annotations | undefined {
  const found = ofKind(objects, "", "Service").find(
    ({ object: { metadata } }) => metadata.namespace === namespace && metadata.name === name,
  );
  return found?.object.metadata.annotations;
}

function scraped(view: MeshView, by: string, place: string | undefined): Finding {
  const { client, isKnown } = prometheusOf(view);
  return {
    grade: isKnown ? "certain" : "likely",
    source: scrapeAnnotations.name,
    client,
    reason: `it scrapes the port in plaintext, as ${by} ask`,
    sends: "plaintext",
    better,
    ...(place === undefined ? {} : { place }),
  };
}

/** Prometheus, by ServiceMonitors and PodMonitors. */
export const monitors: FindingSource = {
  name: "monitor",
  find: (view, port) => [
    ...ofKind(view.objects, "monitoring.coreos.com", "ServiceMonitor").flatMap((each) => byService(view, port, each)),
    ...ofKind(view.objects, "monitoring.coreos.com", "PodMonitor").flatMap((each) => byPod(view, port, each)),
  ],
};

function byService(view: MeshView, { workload, port, through }: ServedPort, monitor: PlacedObject): readonly Finding[] {
  const { selector = {}, endpoints } = (monitor.object["spec"] ?? {}) as Fields;
  const services = through.filter(
    ({ service }) => isIn(monitor, service.namespace) && matches(selector, service.labels),
  );
  return services.flatMap(({ service, port: servicePort }) => {
    const name = service.ports.find((each) => each.port === servicePort)?.name;
    const asked = listOf(endpoints).filter((each) => {
      if (typeof each.port === "string") return each.port === name;
      return (typeof each.targetPort === "number" ? each.targetPort : numberOf(workload, each.targetPort)) === port;
    });
    return asked.flatMap((endpoint) => monitored(view, monitor, endpoint));
  });
}

function byPod(view: MeshView, { workload, port }: ServedPort, monitor: PlacedObject): readonly Finding[] {
  const { selector = {}, podMetricsEndpoints } = (monitor.object["spec"] ?? {}) as Fields;
  if (!isIn(monitor, workload.namespace) || !matches(selector, workload.labels)) return [];
  return listOf(podMetricsEndpoints)
    .filter((each) => (each.portNumber ?? numberOf(workload, each.port)) === port)
    .flatMap((endpoint) => monitored(view, monitor, endpoint));
}

function numberOf(workload: MeshWorkload, name: unknown): number | undefined {
  return portsOf(workload).find((each) => each.name !== undefined && each.name === name)?.number;
}

function isIn({ object }: PlacedObject, namespace: string): boolean {
  const { any, matchNames } = ((object["spec"] as Fields)?.namespaceSelector ?? {}) as Fields;
  if (any === true) return true;
  return Array.isArray(matchNames) ? matchNames.includes(namespace) : object.metadata.namespace === namespace;
}

/** Nothing where it shows a certificate: that is how Prometheus is made one of a mesh. */
function monitored(view: MeshView, { object, place }: PlacedObject, endpoint: Fields): readonly Finding[] {
  const isTls = String(endpoint.scheme).toLowerCase() === "https";
  const { certFile, cert } = endpoint.tlsConfig ?? {};
  if (isTls && (certFile !== undefined || cert !== undefined)) return [];
  const { client, isKnown } = prometheusOf(view);
  const { namespace, name } = object.metadata;
  return [
    {
      grade: isKnown ? "certain" : "likely",
      source: monitors.name,
      client,
      reason: `${object.kind} ${namespace}/${name} has it scrape the port ${isTls ? "over TLS without a certificate of the mesh" : "in plaintext"}`,
      sends: isTls ? "foreign" : "plaintext",
      better,
      ...(place === undefined ? {} : { place }),
    },
  ];
}

/** Prometheus itself. With a sidecar it is none the better: it calls pods by their addresses, which the sidecar lets pass as they are. */
function prometheusOf({ workloads }: MeshView): { readonly client: string; readonly isKnown: boolean } {
  const found = workloads.find(
    ({ labels, pod }) =>
      labels["app.kubernetes.io/name"] === "prometheus" ||
      (pod.spec.containers ?? []).some(({ image = "" }) => /(^|\/)prometheus(:|@|$)/.test(image)),
  );
  return found === undefined ? { client: "Prometheus", isKnown: false } : { client: titleOf(found), isKnown: true };
}
