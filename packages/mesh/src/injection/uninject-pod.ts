import {
  type InjectionStatus,
  overridesAnnotation,
  parsedObject,
  readStatus,
  statusAnnotation,
} from "./injection-status.ts";
import { type Container, type Pod, proxyContainer } from "./pod.ts";
import { type AppProbers, appProbersVariable, restoreProbes } from "./probes.ts";

/** A pod as it was before it got its sidecar, by what its annotation says was added; the same pod where it says nothing. */
export function uninjectPod(pod: Pod): Pod {
  const status = readStatus(pod.metadata.annotations?.[statusAnnotation]);
  if (status === undefined) return pod;
  const { containers, initContainers, volumes } = pod.spec;
  const all = [...(initContainers ?? []), ...containers];
  const probers = probersOf(all.find(({ name }) => name === proxyContainer));
  const without = (list: readonly Container[], names: readonly string[]) =>
    restoreProbes(
      list.filter(({ name }) => !names.includes(name)),
      probers,
    );
  const [inits, left] = [
    without(initContainers ?? [], status.initContainers),
    volumes?.filter(({ name }) => !status.volumes.includes(name)) ?? [],
  ];
  const { initContainers: _, volumes: __, ...rest } = pod.spec;
  const spec = {
    ...rest,
    containers: [...without(containers, status.containers), ...overridesOf(pod)],
    ...(inits.length === 0 ? {} : { initContainers: inits }),
    ...(left.length === 0 ? {} : { volumes: left }),
  };
  return { ...pod, metadata: unmarked(pod.metadata, status), spec };
}

function unmarked(metadata: Pod["metadata"], status: InjectionStatus): Pod["metadata"] {
  const { labels, annotations, ...rest } = metadata;
  const kept = {
    labels: lessOf(labels ?? {}, status.labels),
    annotations: lessOf(annotations ?? {}, [...status.annotations, statusAnnotation, overridesAnnotation]),
  };
  return { ...rest, ...Object.fromEntries(Object.entries(kept).filter(([, map]) => Object.keys(map).length > 0)) };
}

function lessOf(map: { readonly [name: string]: string }, names: readonly string[]) {
  return Object.fromEntries(Object.entries(map).filter(([name]) => !names.includes(name)));
}

function overridesOf({ metadata }: Pod): readonly Container[] {
  const containers = parsedObject(metadata.annotations?.[overridesAnnotation])?.["containers"];
  return Array.isArray(containers) ? (containers as readonly Container[]) : [];
}

function probersOf(proxy: Container | undefined): AppProbers {
  const text = proxy?.env?.find(({ name }) => name === appProbersVariable)?.value;
  return (parsedObject(text) ?? {}) as AppProbers;
}
