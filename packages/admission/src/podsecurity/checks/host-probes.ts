import { type Check, verdict } from "../check.ts";
import { type Container, containersOf, type Handler, named, quoteAll } from "../pod.ts";

/** hostProbesAndHostLifecycle (1.34): probes and lifecycle handlers may not name a host: the kubelet would ask it from the node. */
export const hostProbesAndHostLifecycle: Check = {
  id: "hostProbesAndHostLifecycle",
  level: "baseline",
  versions: [
    {
      minor: 34,
      check: (_metadata, spec) => {
        const names: string[] = [];
        const hosts = new Set<string>();
        const fields: string[] = [];
        for (const { container, path } of containersOf(spec)) {
          for (const [place, host] of hostsOf(container)) {
            if (!names.includes(container.name)) names.push(container.name);
            hosts.add(host);
            fields.push(`${path}.${place}`);
          }
        }
        const verb = names.length === 1 ? "uses" : "use";
        const detail = `${named("container", names.sort())} ${verb} probe or lifecycle host${hosts.size === 1 ? "" : "s"} ${quoteAll([...hosts].sort())}`;
        return verdict("probe or lifecycle host", detail, fields);
      },
    },
  ],
};

function* hostsOf(container: Container): Generator<readonly [string, string]> {
  const handlers: readonly (readonly [string, Handler | undefined])[] = [
    ["livenessProbe", container.livenessProbe],
    ["readinessProbe", container.readinessProbe],
    ["startupProbe", container.startupProbe],
    ["lifecycle.postStart", container.lifecycle?.postStart],
    ["lifecycle.preStop", container.lifecycle?.preStop],
  ];
  for (const [place, handler] of handlers) {
    for (const kind of ["httpGet", "tcpSocket"] as const) {
      const host = handler?.[kind]?.host;
      if (host !== undefined && host !== "") yield [`${place}.${kind}.host`, host];
    }
  }
}
