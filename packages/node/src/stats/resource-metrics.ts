import { Counter, Gauge } from "@sallyport/kube";
import type { NodeResources } from "./node-resources.ts";
import type { PodUsage } from "./pod-usage.ts";

/** What `/metrics/resource` answers, by kubelet's names: processors and memory of the node, its pods and their containers. */
export function resourceMetrics(resources: NodeResources, pods: readonly PodUsage[]): string {
  const [ofContainer, ofPod] = [
    ["container", "pod", "namespace"],
    ["pod", "namespace"],
  ];
  const cpuOfContainer = new Counter(
    "container_cpu_usage_seconds_total",
    "[STABLE] Cumulative cpu time consumed by the container in core-seconds",
    ofContainer,
  );
  const memoryOfContainer = new Gauge(
    "container_memory_working_set_bytes",
    "[STABLE] Current working set of the container in bytes",
    ofContainer,
  );
  const startOfContainer = new Gauge(
    "container_start_time_seconds",
    "[STABLE] Start time of the container since unix epoch in seconds",
    ofContainer,
  );
  const cpuOfNode = new Counter(
    "node_cpu_usage_seconds_total",
    "[STABLE] Cumulative cpu time consumed by the node in core-seconds",
  );
  const memoryOfNode = new Gauge("node_memory_working_set_bytes", "[STABLE] Current working set of the node in bytes");
  const cpuOfPod = new Counter(
    "pod_cpu_usage_seconds_total",
    "[STABLE] Cumulative cpu time consumed by the pod in core-seconds",
    ofPod,
  );
  const memoryOfPod = new Gauge(
    "pod_memory_working_set_bytes",
    "[STABLE] Current working set of the pod in bytes",
    ofPod,
  );
  const faults = new Gauge(
    "resource_scrape_error",
    "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise",
  );
  const seconds = (nanoseconds: bigint) => Number(nanoseconds) / 1e9;
  cpuOfNode.add([], seconds(resources.cpuNanoseconds));
  memoryOfNode.set([], Number(resources.memoryBytes - resources.memoryAvailableBytes));
  faults.set([], 0);
  for (const { pod, containers, cpuNanoseconds, workingSetBytes } of pods) {
    const place = [pod.metadata.name ?? "", pod.metadata.namespace ?? ""];
    if (cpuNanoseconds !== undefined) cpuOfPod.add(place, seconds(cpuNanoseconds));
    if (workingSetBytes !== undefined) memoryOfPod.set(place, Number(workingSetBytes));
    for (const { name, startedAt, ...usage } of containers) {
      startOfContainer.set([name, ...place], startedAt / 1000);
      if (usage.cpuNanoseconds !== undefined) cpuOfContainer.add([name, ...place], seconds(usage.cpuNanoseconds));
      if (usage.workingSetBytes !== undefined) memoryOfContainer.set([name, ...place], Number(usage.workingSetBytes));
    }
  }
  const all = [
    ...[cpuOfContainer, memoryOfContainer, startOfContainer],
    ...[cpuOfNode, memoryOfNode, cpuOfPod, memoryOfPod, faults],
  ];
  return all.map((each) => each.render()).join("");
}
