import { canonical } from "../../canonical.ts";
import { type FieldError, forbidden, invalid } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { qualityOfService } from "../../quota/quality-of-service.ts";
import { itemsOf } from "../checks.ts";
import { type Fields, specOf } from "../rules.ts";

/** ValidatePodResize: of the pod and its containers CPU and memory may change, and what that does to them. */
export function validatePodResize(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const [spec, before] = [specOf(object), specOf(old)];
  const status = (old["status"] ?? {}) as Fields;
  if (old.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined)
    return [forbidden("", "static pods cannot be resized")];
  if (before["os"]?.name === "windows") return [forbidden("", "windows pods cannot be resized")];
  const order = validateOrder(spec, before);
  return [
    ...(qualityOfService(object) === status["qosClass"]
      ? []
      : [invalid("spec", status["qosClass"] ?? "", "Pod QOS Class may not change as a result of resizing")]),
    ...(isSupported(status) ? [] : [forbidden("spec", "Pod running on node without support for resize")]),
    ...validatePodLevel(spec["resources"], before["resources"]),
    ...(order.length > 0 ? order : validateLists(spec, before)),
  ];
}

/** Nodes that resize containers tell what these have. */
function isSupported(status: Fields): boolean {
  const running = ((status["containerStatuses"] ?? []) as Fields[]).find(({ state }) => state?.running !== undefined);
  return running === undefined || running["resources"] !== undefined;
}

function validatePodLevel(next: Fields | undefined, before: Fields | undefined): readonly FieldError[] {
  if (isEmpty(next) && isEmpty(before)) return [];
  return [
    ...["requests", "limits"]
      .filter((list) => isLess(next?.[list], before?.[list]))
      .map((list) => forbidden(`spec.resources.${list}`, `pod-level resource ${list} cannot be removed`)),
    ...(canonical(withoutComputed(next)) === canonical(withoutComputed(before))
      ? []
      : [forbidden("spec", "only cpu and memory resources are mutable at pod-level")]),
  ];
}

function isEmpty(resources: Fields | undefined): boolean {
  return Object.keys({ ...resources?.["requests"], ...resources?.["limits"] }).length === 0;
}

function isLess(next: Fields | undefined, before: Fields | undefined): boolean {
  return Object.keys(before ?? {}).some((name) => next?.[name] === undefined);
}

/** What stays as it is. */
function withoutComputed(resources: Fields | undefined): unknown {
  const rest = ({ cpu: _cpu, memory: _memory, ...others }: Fields = {}) => others;
  return {
    requests: rest(resources?.["requests"]),
    limits: rest(resources?.["limits"]),
    claims: resources?.["claims"],
  };
}

const lists = ["containers", "initContainers"] as const;

function validateOrder(spec: Fields, before: Fields): readonly FieldError[] {
  return lists.flatMap((list) => {
    const [next, old] = [spec, before].map((each) => itemsOf(each[list], `spec.${list}`));
    if (next?.length !== old?.length)
      return [forbidden(`spec.${list}`, `${list} may not be added or removed on resize`)];
    return (old ?? [])
      .filter(([{ name }], i) => next?.[i]?.[0]["name"] !== name)
      .map(([, field]) => forbidden(`${field}.name`, `${list} may not be renamed or reordered on resize`));
  });
}

function validateLists(spec: Fields, before: Fields): readonly FieldError[] {
  const pairs = lists.toReversed().flatMap((list) =>
    itemsOf(spec[list], `spec.${list}`).map(([next, field], i) => {
      const old = (before[list] as Fields[])[i] as Fields;
      return { list, next, old, field };
    }),
  );
  return [
    ...pairs.flatMap(({ next, old, field }) =>
      ["requests", "limits"]
        .filter((kind) => isLess(next["resources"]?.[kind], old["resources"]?.[kind]))
        .map((kind) => forbidden(`${field}.resources.${kind}`, `resource ${kind} cannot be removed`)),
    ),
    ...pairs.filter(({ list }) => list === "containers").flatMap(({ next, old }) => validateMutable(next, old, "spec")),
    ...pairs
      .filter(({ list }) => list === "initContainers")
      .flatMap(({ next, old, field }) => validateMutable(next, old, field)),
  ];
}

function validateMutable(next: Fields, old: Fields, field: string): readonly FieldError[] {
  const fixed = ({ resources, ...rest }: Fields) => canonical({ ...rest, resources: withoutComputed(resources) });
  const isInit = field !== "spec";
  const what = isInit ? "resources for init or sidecar containers" : "resources";
  const restarts = ((next["resizePolicy"] ?? []) as Fields[]).some(
    (each) => each["restartPolicy"] === "RestartContainer",
  );
  const isStuck = isInit && next["restartPolicy"] !== "Always" && canonical(next) !== canonical(old) && restarts;
  return [
    ...(fixed(next) === fixed(old) ? [] : [forbidden(field, `only cpu and memory ${what} are mutable`)]),
    ...(isStuck
      ? [forbidden(field, "non-sidecar init containers with a resize policy of RestartContainer cannot be resized")]
      : []),
  ];
}
