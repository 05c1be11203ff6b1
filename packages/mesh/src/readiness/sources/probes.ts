import { type MeshWorkload, portsOf, titleOf } from "../../view/mesh-workload.ts";
import type { Finding, FindingSource } from "../finding.ts";

const kinds = ["readinessProbe", "livenessProbe", "startupProbe"] as const;
const rewriting = "sidecar.istio.io/rewriteAppHTTPProbers";

/** Probes of the kubelet, where its sidecar does not take them in its place. */
export const probes: FindingSource = {
  name: "probe",
  find: (_view, { workload, port }) =>
    isRewritten(workload)
      ? []
      : (workload.pod.spec.containers ?? []).flatMap((container) =>
          kinds.flatMap((kind) => {
            const { httpGet, tcpSocket, grpc } = container[kind] ?? {};
            const host = httpGet?.host ?? tcpSocket?.host;
            const asked = httpGet?.port ?? tcpSocket?.port ?? grpc?.port;
            const isHere = (host ?? "") === "" && asked !== undefined && numberOf(workload, asked) === port;
            return isHere ? [findingOf(workload, container.name, kind)] : [];
          }),
        ),
};

function isRewritten({ pod }: MeshWorkload): boolean {
  return !/^(0|f|F|FALSE|false|False)$/.test(pod.metadata.annotations?.[rewriting] ?? "");
}

function numberOf(workload: MeshWorkload, port: number | string): number | undefined {
  return typeof port === "number" ? port : portsOf(workload).find(({ name }) => name === port)?.number;
}

function findingOf(workload: MeshWorkload, container: string, kind: string): Finding {
  return {
    grade: "certain",
    source: probes.name,
    client: "the kubelet",
    reason: `the ${kind} of container ${container} goes to the port itself, as the annotation ${rewriting} asks`,
    sends: "plaintext",
    better: `take the annotation ${rewriting} from ${titleOf(workload)}: its sidecar then asks in the kubelet's place`,
    ...(workload.place === undefined ? {} : { place: workload.place }),
  };
}
