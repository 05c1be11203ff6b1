import { type FieldError, forbidden, invalid } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted, itemsOf } from "../checks.ts";
import { dns1123Subdomain, qualified } from "../formats.ts";
import { ipAddress, parseIp } from "../ip.ts";
import { type Fields, immutable, specOf } from "../rules.ts";

const lists = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] as const;

/** ValidatePodStatusUpdate. */
export function validatePodStatus(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const [status, before] = [object, old].map((each) => (each["status"] ?? {}) as Fields) as [Fields, Fields];
  const nominated = status["nominatedNodeName"] as string | undefined;
  const isNominatedAnew = nominated && nominated !== before["nominatedNodeName"];
  const field = "status.nominatedNodeName";
  return [
    ...itemsOf(status["conditions"], "status.conditions").flatMap(([each, path]) => validateCondition(each, path)),
    ...(isNominatedAnew ? formatted(field, nominated, dns1123Subdomain) : []),
    ...(isNominatedAnew && specOf(old)["nodeName"]
      ? [forbidden(field, "may not be set on pods that are already bound to a node")]
      : []),
    ...generation(status, "status"),
    ...immutable(object, old, ["status.qosClass"]),
    ...lists.flatMap((list) => validateRestarts(list, status, before, specOf(old))),
    ...validateAddresses(status, before, "podIPs"),
    ...validateAddresses(status, before, "hostIPs"),
    ...lists.flatMap((list) => validateUsers(status[list], `status.${list}`, specOf(object))),
    ...itemsOf(status["ephemeralContainerStatuses"], "status.ephemeralContainerStatuses")
      .filter(([each]) => each["allocatedResourcesStatus"] !== undefined)
      .map(([, path]) => forbidden(`${path}.allocatedResourcesStatus`, "must not be specified in container status")),
  ];
}

function generation({ observedGeneration = 0 }: Fields, path: string): readonly FieldError[] {
  const field = `${path}.observedGeneration`;
  return observedGeneration < 0 ? [invalid(field, observedGeneration, "must be a non-negative integer")] : [];
}

const systemConditions: readonly string[] = ["PodScheduled", "Ready", "Initialized"];

function validateCondition(condition: Fields, path: string): readonly FieldError[] {
  const { type = "" } = condition;
  return [
    ...generation(condition, path),
    ...(systemConditions.includes(type) ? [] : formatted(`${path}.Type`, type, qualified)),
  ];
}

/** A container that has ended for good runs no more. */
function validateRestarts(
  list: (typeof lists)[number],
  status: Fields,
  before: Fields,
  spec: Fields,
): readonly FieldError[] {
  const now = new Map(((status[list] ?? []) as Fields[]).map((each) => [each["name"], each]));
  return itemsOf(before[list], `status.${list}`)
    .filter(([{ name, state }]) => {
      const next = now.get(name);
      const isRevived =
        state?.terminated !== undefined && next !== undefined && next["state"]?.terminated === undefined;
      return isRevived && !mayRestart(list, name, state.terminated.exitCode ?? 0, spec);
    })
    .map(([, path]) => forbidden(`${path}.state`, "may not be transitioned to non-terminated state"));
}

function mayRestart(list: (typeof lists)[number], name: string, exitCode: number, spec: Fields): boolean {
  if (list === "ephemeralContainerStatuses") return false;
  const containers = (spec[list === "containerStatuses" ? "containers" : "initContainers"] ?? []) as Fields[];
  const container = containers.find((each) => each["name"] === name);
  if (container === undefined) return false;
  for (const { action, exitCodes } of (container["restartPolicyRules"] ?? []) as Fields[]) {
    const isListed = (exitCodes?.values ?? []).includes(exitCode);
    if (action === "Restart" && isListed === (exitCodes?.operator === "In")) return true;
  }
  const policy = container["restartPolicy"] ?? spec["restartPolicy"];
  return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
}

/** Addresses of a pod or its node: the first one stands by itself, too, and a second one is of the other family. */
function validateAddresses(status: Fields, before: Fields, list: "podIPs" | "hostIPs"): readonly FieldError[] {
  const field = `status.${list}`;
  const one = list === "podIPs" ? "podIP" : "hostIP";
  const given = (status[list] ?? []) as Fields[];
  const ips = given.map(({ ip = "" }) => ip as string);
  const known = ((before[list] ?? []) as Fields[]).map(({ ip = "" }) => ip as string);
  const single = (status[one] ?? "") as string;
  const differs =
    ips.length > 0 && single !== ips[0] && (list === "hostIPs" || single !== "")
      ? [invalid(`${field}[0].ip`, ips[0], `must be equal to \`${one}\``)]
      : [];
  const malformed = ips.flatMap((ip, i) => (known.includes(ip) ? [] : formatted(`${field}[${i}]`, ip, ipAddress)));
  const stacks = ips.length > 1 ? validateStacks(field, ips, given) : [];
  if (list === "hostIPs") return [...differs, ...malformed, ...stacks];
  const isHalf = (single === "") !== (ips.length === 0);
  return [
    ...malformed,
    ...stacks,
    ...(isHalf ? [invalid(field, shown(given), "podIP and podIPs must either both be set or both be unset")] : differs),
  ];
}

function validateStacks(field: string, ips: readonly string[], given: readonly Fields[]): readonly FieldError[] {
  const sizes = ips.map((ip) => parseIp(ip)?.length);
  const bad = sizes.indexOf(undefined);
  const isDual = bad < 0 && sizes.includes(4) && sizes.includes(16);
  const why = `failed to check for dual stack with error:invalid IP[${bad}]: ${ips[bad]}`;
  return [
    ...(bad < 0 ? [] : [{ field, reason: "InternalError" as const, message: `Internal error: ${why}` }]),
    ...(isDual && ips.length <= 2
      ? []
      : [invalid(field, shown(given), "may specify no more than one IP for each IP family")]),
  ];
}

/** As Go writes them: without tags, or nothing where there are none. */
function shown(given: readonly Fields[]): unknown {
  return given.length === 0 ? null : given.map(({ ip = "" }) => ({ IP: ip }));
}

/** Ids of 32 bits; of groups, of 31. */
const [maxUser, maxGroup] = [2 ** 32 - 1, 2 ** 31 - 1];

function validateUsers(statuses: unknown, path: string, { os }: Fields): readonly FieldError[] {
  return itemsOf(statuses, path).flatMap(([{ user }, at]) => {
    const linux = user?.linux as Fields | undefined;
    const field = `${at}.user.linux`;
    if (linux === undefined) return [];
    if (os?.name === "windows") return [forbidden(field, "cannot be set for a windows pod")];
    return [
      ...within(`${field}.uid`, linux["uid"] ?? 0, maxUser),
      ...within(`${field}.gid`, linux["gid"] ?? 0, maxGroup),
      ...((linux["supplementalGroups"] ?? []) as number[]).flatMap((group, i) =>
        within(`${field}.supplementalGroups[${i}]`, group, maxGroup),
      ),
    ];
  });
}

function within(field: string, id: number, limit: number): readonly FieldError[] {
  return id < 0 || id > limit ? [invalid(field, id, `must be between 0 and ${limit}, inclusive`)] : [];
}
