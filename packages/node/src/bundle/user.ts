import type { ImageConfig } from "../image/image.ts";
import { RuntimeFault } from "../runtime/container-runtime.ts";
import type { OciProcess } from "../runtime/oci-spec.ts";
import type { ContainerSpec } from "../security-context/pod.ts";
import { type BundlePod, contextOf, podText, type Said } from "./context.ts";

/** A user as an image's /etc/passwd and /etc/group have it. */
export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  /** The groups that name the user as a member. */
  readonly additionalGids: readonly number[];
}

/**
 * Who the container runs as, to be looked up in the image: `uid`, `uid:gid`, `name` or `name:group`, never empty. A security context
 * counts before the image; its runAsGroup also where the image says who the user is.
 */
export function userOf(pod: BundlePod, container: ContainerSpec, { User = "" }: ImageConfig): string {
  const said = contextOf(pod.spec, container);
  const [uid, gid] = [said<number>("runAsUser"), said<number>("runAsGroup")];
  const [imageUser = "", imageGroup] = User.split(":");
  if (uid === undefined && gid === undefined) return User === "" ? "0" : User;
  const user = uid === undefined ? (imageUser === "" ? "0" : imageUser) : String(uid);
  if (gid !== undefined) return `${user}:${gid}`;
  return uid === undefined && imageGroup !== undefined ? `${user}:${imageGroup}` : user;
}

/** Kubelet's refusal of a container that must not be root. The words are kubelet's. */
export function checkNonRoot(pod: BundlePod, container: ContainerSpec, { User = "" }: ImageConfig): void {
  const said = contextOf(pod.spec, container);
  if (said("runAsNonRoot") !== true) return;
  const uid = said<number>("runAsUser");
  const fault = uid === undefined ? imageFault(User.split(":")[0] ?? "") : uid === 0 ? rootByContext : undefined;
  if (fault === undefined) return;
  throw new RuntimeFault(
    "CreateContainerConfigError",
    `${fault} (pod: "${podText(pod)}", container: ${container.name})`,
  );
}

const rootByContext = "container's runAsUser breaks non-root policy";

function imageFault(user: string): string | undefined {
  if (user !== "" && !/^\d+$/.test(user))
    return `container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root`;
  return Number(user) === 0 ? "container has runAsNonRoot and image will run as root" : undefined;
}

/** With the groups of the pod: the image's are left out where its policy is Strict. The first is the user's own, as containerd has it. */
export function processUser(said: Said, { uid, gid, additionalGids }: ResolvedUser): OciProcess["user"] {
  const ofImage = said("supplementalGroupsPolicy") === "Strict" ? [] : additionalGids;
  const ofPod = [said<number>("fsGroup"), ...(said<readonly number[]>("supplementalGroups") ?? [])];
  const groups = [gid, ...ofImage, ...ofPod.filter((each) => each !== undefined)];
  return { uid, gid, additionalGids: [...new Set(groups)] };
}
