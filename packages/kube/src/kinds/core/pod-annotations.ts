import { jsonSyntaxFault } from "../../go/json-syntax.ts";
import { type FieldError, forbidden, invalid } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { type Fields, specOf } from "../rules.ts";
import { containersOf } from "./pod-spec/places.ts";
import { validateTolerations } from "./pod-spec/scheduling.ts";
import { localDescendingPath } from "./pod-spec/security.ts";

const mirror = "kubernetes.io/config.mirror";
const tolerations = "scheduler.alpha.kubernetes.io/tolerations";
const deletionCost = "controller.kubernetes.io/pod-deletion-cost";
const seccompPod = "seccomp.security.alpha.kubernetes.io/pod";
const seccompContainer = "container.seccomp.security.alpha.kubernetes.io/";
const appArmor = "container.apparmor.security.beta.kubernetes.io/";

type Annotations = { readonly [key: string]: string };

/** ValidatePodSpecificAnnotations: what annotations of pods and templates, which lie at `path`, said before there were fields for it. */
export function validatePodAnnotations(annotations: Annotations, spec: Fields, path: string): readonly FieldError[] {
  const cost = annotations[deletionCost];
  return [
    ...(annotations[mirror] !== undefined && !spec["nodeName"]
      ? [invalid(`${path}[${mirror}]`, annotations[mirror], "must set spec.nodeName if mirror pod annotation is set")]
      : []),
    ...validateOldTolerations(annotations[tolerations] ?? "", path),
    ...(cost !== undefined && !isDeletionCost(cost)
      ? [invalid(`${path}[${deletionCost}]`, cost, "must be a 32bit integer")]
      : []),
    ...validateSeccomp(annotations, path),
    ...validateAppArmor(annotations, spec, path),
  ];
}

/** An integer of 32 bits without leading zeros or a plus. */
function isDeletionCost(text: string): boolean {
  if (!/^(0|-?[1-9][0-9]*)$/.test(text)) return false;
  return Number(text) >= -(2 ** 31) && Number(text) < 2 ** 31;
}

function validateOldTolerations(text: string, path: string): readonly FieldError[] {
  if (text === "") return [];
  const parsed = parsedList(text);
  return typeof parsed === "string"
    ? [invalid(path, tolerations, parsed)]
    : validateTolerations(parsed, `${path}.${tolerations}`);
}

/** A list of tolerations, or why it is none. */
function parsedList(text: string): readonly Fields[] | string {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value as Fields[];
    if (value === null) return [];
    const kind = typeof value === "boolean" ? "bool" : typeof value;
    return `json: cannot unmarshal ${kind} into Go value of type []core.Toleration`;
  } catch {
    return jsonSyntaxFault(new TextEncoder().encode(text));
  }
}

function validateSeccomp(annotations: Annotations, path: string): readonly FieldError[] {
  return Object.entries(annotations)
    .filter(([key]) => key === seccompPod || key.startsWith(seccompContainer))
    .toSorted(([a], [b]) => Number(b === seccompPod) - Number(a === seccompPod))
    .flatMap(([key, profile]) => seccompFaults(profile, `${path}.${key}`));
}

function seccompFaults(profile: string, field: string): readonly FieldError[] {
  if (["runtime/default", "docker/default", "unconfined"].includes(profile)) return [];
  if (profile.startsWith("localhost/")) return localDescendingPath(profile.slice("localhost/".length), field);
  return [invalid(field, profile, "must be a valid seccomp profile")];
}

function validateAppArmor(annotations: Annotations, spec: Fields, path: string): readonly FieldError[] {
  const names = new Set(containersOf(spec, "spec").map(([{ name }]) => name as string));
  return Object.entries(annotations)
    .filter(([key]) => key.startsWith(appArmor))
    .flatMap(([key, profile]) => {
      const name = key.slice(appArmor.length);
      const field = `${path}[${key}]`;
      return [
        ...(names.has(name) ? [] : [invalid(field, name, "container not found")]),
        ...(/^$|^runtime\/default$|^unconfined$|^localhost\//.test(profile)
          ? []
          : [invalid(field, profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`)]),
      ];
    });
}

/** ValidatePodSpecificAnnotationUpdates: some are said once and for all. */
export function validateAnnotationUpdate(pod: KubeObject, old: KubeObject): readonly FieldError[] {
  const [next, before] = [pod.metadata.annotations ?? {}, old.metadata.annotations ?? {}];
  const path = "metadata.annotations";
  const lasting = (key: string) => (key === mirror ? "mirror pod annotation" : "AppArmor annotations");
  const isLasting = (key: string) => key === mirror || key.startsWith(appArmor);
  const changed = Object.keys(before).filter((key) => isLasting(key) && next[key] !== before[key]);
  const added = Object.keys(next).filter((key) => isLasting(key) && before[key] === undefined);
  return [
    ...changed.map((key) => forbidden(`${path}[${key}]`, `may not remove or update ${lasting(key)}`)),
    ...added.map((key) => forbidden(`${path}[${key}]`, `may not add ${lasting(key)}`)),
    ...validatePodAnnotations(next, specOf(pod), path),
  ];
}

/** What a new pod or a template says twice, in an annotation and in a field, it says alike. `path` is that of the spec. */
export function validateProfilesMatch(annotations: Annotations, spec: Fields, path: string): readonly FieldError[] {
  const context = spec["securityContext"] as Fields | undefined;
  const containers = containersOf(spec, path);
  const ofPod = seccompMatch(annotations[seccompPod], context?.["seccompProfile"], `${path}.securityContext`);
  return [
    ...ofPod,
    ...containers.flatMap(([{ name, securityContext }, place]) =>
      seccompMatch(annotations[seccompContainer + name], securityContext?.seccompProfile, `${place}.securityContext`),
    ),
    ...(spec["os"]?.name === "windows" ? [] : containers).flatMap(([{ name, securityContext }, place]) =>
      profileMatch(
        annotations[appArmor + name],
        securityContext?.appArmorProfile ?? context?.["appArmorProfile"],
        `${place}.securityContext.appArmorProfile`,
        "apparmor",
        { RuntimeDefault: ["runtime/default"], Unconfined: ["unconfined"] },
      ),
    ),
  ];
}

function seccompMatch(annotation: string | undefined, profile: Fields | undefined, place: string) {
  return profileMatch(annotation, profile, `${place}.seccompProfile`, "seccomp", {
    RuntimeDefault: ["runtime/default", "docker/default"],
    Unconfined: ["unconfined"],
  });
}

function profileMatch(
  annotation: string | undefined,
  profile: Fields | undefined,
  field: string,
  kind: string,
  words: { readonly [type: string]: readonly string[] },
): readonly FieldError[] {
  if (annotation === undefined || profile === undefined) return [];
  const { type, localhostProfile } = profile;
  const typeDiffers = [forbidden(`${field}.type`, `${kind} type in annotation and field must match`)];
  if (type !== "Localhost") return words[type]?.includes(annotation) === false ? typeDiffers : [];
  if (!annotation.startsWith("localhost/")) return typeDiffers;
  return annotation.slice("localhost/".length) === localhostProfile
    ? []
    : [forbidden(`${field}.localhostProfile`, `${kind} profile in annotation and field must match`)];
}
