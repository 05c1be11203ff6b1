import { nanosOf } from "../../go/quantity.ts";
import { duplicate, type FieldError, forbidden, invalid, notSupported, required, tooLong } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted, itemsOf } from "../checks.ts";
import { dns1123Label, dns1123Subdomain, qualified } from "../formats.ts";
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
    ...validateClaimStatuses(status["resourceClaimStatuses"], specOf(object)),
    ...validateExtendedClaim(status["extendedResourceClaimStatus"], specOf(object)),
    ...validateAddresses(status, before, "podIPs"),
    ...validateAddresses(status, before, "hostIPs"),
    ...lists.flatMap((list) => validateUsers(status[list], `status.${list}`, specOf(object))),
    ...validateAllocations("containers", status, specOf(object)),
    ...validateAllocations("initContainers", status, specOf(object)),
    ...itemsOf(status["ephemeralContainerStatuses"], "status.ephemeralContainerStatuses")
      .filter(([each]) => (each["allocatedResourcesStatus"] ?? []).length > 0)
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
  if (list !== "ephemeralContainerStatuses" && restartsAll(spec)) return [];
  const next = (status[list] ?? []) as Fields[];
  return itemsOf(before[list], `status.${list}`)
    .filter(([{ name, state }]) => {
      if (state?.terminated === undefined) return false;
      const isRevived = next.some((each) => each["name"] === name && each["state"]?.terminated === undefined);
      return isRevived && !mayRestart(list, name, state.terminated.exitCode ?? 0, spec);
    })
    .map(([, path]) => forbidden(`${path}.state`, "may not be transitioned to non-terminated state"));
}

/** One container's end may start all of them again. */
function restartsAll(spec: Fields): boolean {
  const containers = ["initContainers", "containers"].flatMap((list) => (spec[list] ?? []) as Fields[]);
  return containers.some((each) =>
    ((each["restartPolicyRules"] ?? []) as Fields[]).some(({ action }) => action === "RestartAllContainers"),
  );
}

function mayRestart(list: (typeof lists)[number], name: string, exitCode: number, spec: Fields): boolean {
  if (list === "ephemeralContainerStatuses") return false;
  const containers = (spec[list === "containerStatuses" ? "containers" : "initContainers"] ?? []) as Fields[];
  const container = containers.find((each) => each["name"] === name);
  if (container === undefined) return false;
  const own = container["restartPolicy"] as string | undefined;
  const rules = (own === undefined ? [] : (container["restartPolicyRules"] ?? [])) as Fields[];
  const matching = rules.find(
    ({ exitCodes }) => (exitCodes?.values ?? []).includes(exitCode) === (exitCodes?.operator === "In"),
  );
  if (matching?.["action"] === "Restart") return true;
  const policy = own ?? spec["restartPolicy"];
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

/** validatePodResourceClaimStatuses: which claims were made of the pod's templates. */
function validateClaimStatuses(statuses: unknown, spec: Fields): readonly FieldError[] {
  const known = new Set(((spec["resourceClaims"] ?? []) as Fields[]).map(({ name = "" }) => name as string));
  const seen = new Set<string>();
  return itemsOf(statuses, "status.resourceClaimStatuses").flatMap(
    ([{ name = "", resourceClaimName: claim }, field]) => {
      const isTaken = seen.has(name);
      seen.add(name);
      return [
        ...(known.has(name)
          ? []
          : [invalid(`${field}.name`, name, "must match the name of an entry in `spec.resourceClaims`")]),
        ...(isTaken ? [duplicate(`${field}.name`, name)] : []),
        ...(claim === undefined ? [] : formatted(`${field}.resourceClaimName`, claim, dns1123Subdomain)),
      ];
    },
  );
}

/** validatePodExtendedResourceClaimStatus: the claim that was made of what containers ask for by extended resources. */
function validateExtendedClaim(status: Fields | undefined, spec: Fields): readonly FieldError[] {
  if (status === undefined) return [];
  const path = "status.extendedResourceClaimStatus";
  const mappings = itemsOf(status["requestMappings"], `${path}.requestMappings`);
  const { resourceClaimName: claim = "" } = status;
  const containers = ["initContainers", "containers"].flatMap((list) => (spec[list] ?? []) as Fields[]);
  const seen = new Set<string>();
  return [
    ...(mappings.length === 0 ? [required(`${path}.requestMappings`, "at least one request mapping is required")] : []),
    ...mappings.flatMap(([mapping, field]) => [
      ...validateMapped(mapping, field, containers),
      ...formatted(`${path}.requestName`, mapping["requestName"] ?? "", dns1123Label),
      ...repeated(mapping, field, seen),
    ]),
    ...(claim === ""
      ? [required(`${path}.resourceClaimName`)]
      : formatted(`${path}.resourceClaimName`, claim, dns1123Subdomain)),
  ];
}

function validateMapped(
  { containerName: name = "", resourceName: resource = "" }: Fields,
  field: string,
  containers: readonly Fields[],
): readonly FieldError[] {
  const lists = (what: string) => `spec.initContainers.${what} or spec.containers.${what}`;
  const container = containers.findLast((each) => each["name"] === name);
  if (container === undefined)
    return [invalid(`${field}.containerName`, name, `must match the name of an entry in ${lists("name")}`)];
  if (container["resources"]?.requests?.[resource] !== undefined) return [];
  const why = `must match the extended resource name of an entry in ${lists("resources.requests")}`;
  return [invalid(`${field}.resourceName`, resource, why)];
}

function repeated(mapping: Fields, field: string, seen: Set<string>): readonly FieldError[] {
  const names = ["containerName", "resourceName", "requestName"];
  const key = JSON.stringify(names.map((name) => mapping[name] as unknown));
  const isTaken = seen.has(key);
  seen.add(key);
  return isTaken ? names.map((name) => duplicate(`${field}.${name}`, mapping[name] ?? "")) : [];
}

const healths: readonly string[] = ["Healthy", "Unhealthy", "Unknown"];

/** Upstream's limit of what is said of a device. */
const maxHealthMessage = 1024;

/** validateContainerStatusAllocatedResourcesStatus: health of devices that a container has asked for. */
function validateAllocations(
  list: "containers" | "initContainers",
  status: Fields,
  spec: Fields,
): readonly FieldError[] {
  const statuses = list === "containers" ? "containerStatuses" : "initContainerStatuses";
  return itemsOf(status[statuses], `status.${statuses}`).flatMap(([each, path]) => {
    const container = ((spec[list] ?? []) as Fields[]).find(({ name }) => name === each["name"]);
    return itemsOf(each["allocatedResourcesStatus"], `${path}.allocatedResourcesStatus`).flatMap(
      ([resource, field]) => [
        ...(container === undefined ? [] : validateAllocated(resource["name"] ?? "", field, container, status)),
        ...validateHealth(resource["resources"], `${field}.resources`),
      ],
    );
  });
}

function validateAllocated(name: string, field: string, container: Fields, status: Fields): readonly FieldError[] {
  const { requests = {}, claims = [] } = (container["resources"] ?? {}) as Fields;
  if (!name.startsWith("claim:"))
    return requests[name] === undefined
      ? [invalid(`${field}.name`, name, "must match one of the container's resource requests")]
      : [];
  const used = (claims as Fields[]).map(
    (each) => `claim:${each["name"]}${each["request"] ? `/${each["request"]}` : ""}`,
  );
  if (used.includes(name) || isMapped(name, container, status["extendedResourceClaimStatus"])) return [];
  const why =
    "must match one of the container's resource claims as 'claim:<claimName>/<requestName>' when container.resources.claims[*].request is set or 'claim:<claimName>' when it is empty";
  return [invalid(`${field}.name`, name, why)];
}

function isMapped(name: string, container: Fields, extended: Fields | undefined): boolean {
  const [, claim, request] = /^claim:([^/]+)\/(.+)$/.exec(name) ?? [];
  if (extended === undefined || request === undefined || claim !== extended["resourceClaimName"]) return false;
  return ((extended["requestMappings"] ?? []) as Fields[]).some(
    (each) =>
      each["containerName"] === container["name"] &&
      each["requestName"] === request &&
      nanosOf(container["resources"]?.requests?.[each["resourceName"]]) > 0n,
  );
}

function validateHealth(resources: unknown, path: string): readonly FieldError[] {
  const seen = new Set<string>();
  return itemsOf(resources, path).flatMap(([{ resourceID: id = "", health = "", message }, field]) => {
    const isTaken = seen.has(id);
    seen.add(id);
    return [
      ...(healths.includes(health) ? [] : [notSupported(`${field}.health`, health, healths)]),
      ...(message === "" ? [required(`${field}.message`, "must be non-empty if specified")] : []),
      ...(message !== undefined && new TextEncoder().encode(message).length > maxHealthMessage
        ? [tooLong(`${field}.message`, maxHealthMessage)]
        : []),
      ...(isTaken ? [duplicate(`${field}.resourceID`, id)] : []),
    ];
  });
}
