import { allowed, type Check, type CheckPod, verdict } from "../check.ts";
import { containersOf, isWindows, named, quoteAll } from "../pod.ts";

/** What container runtimes give by default. */
const defaults = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

/** capabilities_baseline: `capabilities.add` may name only what runtimes give by default. */
export const capabilitiesBaseline: Check = {
  id: "capabilities_baseline",
  level: "baseline",
  versions: [
    {
      minor: 0,
      check: (_metadata, spec) => {
        const bad = added(spec, (capability) => defaults.has(capability));
        const detail = `${named("container", bad.names)} must not include ${quoteAll([...bad.capabilities].sort())} in securityContext.capabilities.add`;
        return verdict("non-default capabilities", detail, bad.fields);
      },
    },
  ],
};

function added(
  spec: Parameters<CheckPod>[1],
  isAllowed: (capability: string) => boolean,
): { names: string[]; capabilities: Set<string>; fields: string[] } {
  const result = { names: [] as string[], capabilities: new Set<string>(), fields: [] as string[] };
  for (const { container, path } of containersOf(spec)) {
    const bad = (container.securityContext?.capabilities?.add ?? []).filter((capability) => !isAllowed(capability));
    if (bad.length === 0) continue;
    result.names.push(container.name);
    for (const capability of bad) result.capabilities.add(capability);
    result.fields.push(`${path}.securityContext.capabilities.add`);
  }
  return result;
}

const restricted: CheckPod = (_metadata, spec) => {
  const notDropping = containersOf(spec).filter(
    ({ container }) => !container.securityContext?.capabilities?.drop?.includes("ALL"),
  );
  const adding = added(spec, (capability) => capability === "NET_BIND_SERVICE");
  const details: string[] = [];
  if (notDropping.length > 0) {
    details.push(
      `${named(
        "container",
        notDropping.map(({ container }) => container.name),
      )} must set securityContext.capabilities.drop=["ALL"]`,
    );
  }
  if (adding.names.length > 0) {
    details.push(
      `${named("container", adding.names)} must not include ${quoteAll([...adding.capabilities].sort())} in securityContext.capabilities.add`,
    );
  }
  const fields = [...notDropping.map(({ path }) => `${path}.securityContext.capabilities.drop`), ...adding.fields];
  return verdict("unrestricted capabilities", details.join("; "), fields);
};

/** capabilities_restricted: every container drops ALL and adds at most NET_BIND_SERVICE; since 1.25 not asked of Windows pods. */
export const capabilitiesRestricted: Check = {
  id: "capabilities_restricted",
  level: "restricted",
  versions: [
    { minor: 22, check: restricted, overrides: ["capabilities_baseline"] },
    {
      minor: 25,
      check: (metadata, spec) => (isWindows(spec) ? allowed : restricted(metadata, spec)),
      overrides: ["capabilities_baseline"],
    },
  ],
};
