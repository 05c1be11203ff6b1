import { type Check, verdict } from "../check.ts";
import { containersOf, named } from "../pod.ts";

/** hostPorts: `ports[*].hostPort` must be undefined or 0. */
export const hostPorts: Check = {
  id: "hostPorts",
  level: "baseline",
  versions: [
    {
      minor: 0,
      check: (_metadata, spec) => {
        const names: string[] = [];
        const ports = new Set<number>();
        const fields: string[] = [];
        for (const { container, path } of containersOf(spec)) {
          for (const [i, { hostPort }] of (container.ports ?? []).entries()) {
            if (!hostPort) continue;
            if (!names.includes(container.name)) names.push(container.name);
            ports.add(hostPort);
            fields.push(`${path}.ports[${i}].hostPort`);
          }
        }
        const verb = names.length === 1 ? "uses" : "use";
        const list = [...ports].map(String).sort().join(", ");
        return verdict(
          "hostPort",
          `${named("container", names)} ${verb} hostPort${ports.size === 1 ? "" : "s"} ${list}`,
          fields,
        );
      },
    },
  ],
};
