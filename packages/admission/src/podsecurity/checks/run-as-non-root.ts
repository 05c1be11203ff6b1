import { allowed, type Check, type CheckPod, verdict } from "../check.ts";
import { containersOf, named } from "../pod.ts";

const check: CheckPod = (_metadata, spec) => {
  const pod = spec.securityContext?.runAsNonRoot;
  const containers = containersOf(spec);
  const saysRoot = containers.filter(({ container }) => container.securityContext?.runAsNonRoot === false);
  const silent =
    pod === true ? [] : containers.filter(({ container }) => container.securityContext?.runAsNonRoot === undefined);
  const field = ({ path }: { readonly path: string }) => `${path}.securityContext.runAsNonRoot`;
  const explicit = [
    ...(pod === false ? ["pod"] : []),
    ...(saysRoot.length === 0
      ? []
      : [
          named(
            "container",
            saysRoot.map(({ container }) => container.name),
          ),
        ]),
  ];
  // A pod that says false is refused, also where all of its containers say true.
  if (explicit.length > 0) {
    const fields = [...(pod === false ? ["spec.securityContext.runAsNonRoot"] : []), ...saysRoot.map(field)];
    return verdict(
      "runAsNonRoot != true",
      `${explicit.join(" and ")} must not set securityContext.runAsNonRoot=false`,
      fields,
    );
  }
  if (silent.length === 0) return allowed;
  const detail = `pod or ${named(
    "container",
    silent.map(({ container }) => container.name),
  )} must set securityContext.runAsNonRoot=true`;
  return verdict("runAsNonRoot != true", detail, silent.map(field));
};

/** runAsNonRoot: must be true, by the pod or each container; since 1.35 anything goes in a user namespace. */
export const runAsNonRoot: Check = {
  id: "runAsNonRoot",
  level: "restricted",
  versions: [
    { minor: 0, check },
    { minor: 35, check: (metadata, spec) => (spec.hostUsers === false ? allowed : check(metadata, spec)) },
  ],
};
