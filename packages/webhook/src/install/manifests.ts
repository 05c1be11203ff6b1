import { accessManifests } from "./access.ts";
import { configurationManifests } from "./configurations.ts";
import { type InstallOptions, labelsOf, type Manifest } from "./options.ts";
import { workloadManifests } from "./workload.ts";

/** All that a cluster needs, in the order in which it is created: the configurations last, when somebody answers. */
export function installManifests(options: InstallOptions): readonly Manifest[] {
  const { namespace, name } = options;
  const labels = { ...labelsOf(name), "pod-security.kubernetes.io/enforce": "restricted" };
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } },
    ...(options.gatekeeper?.definitions ?? []),
    ...(options.mesh?.definitions ?? []),
    ...accessManifests(options),
    ...workloadManifests(options),
    ...configurationManifests(options),
  ];
}
