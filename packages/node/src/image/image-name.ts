import { imageFault } from "../docker/image-reference.ts";
import { ImageFault } from "./image.ts";
import { shown } from "./shown.ts";

/** An image's name in full, as docker's familiar names are read: `busybox` is `docker.io/library/busybox:latest`. */
export interface ImageName {
  /** `docker.io`, `localhost:5000`. */
  readonly registry: string;
  readonly repository: string;
  /** Absent where a digest says which. */
  readonly tag?: string;
  /** `sha256:…`. */
  readonly digest?: string;
}

const defaultRegistry = "docker.io";

/** distribution/reference: ParseNormalizedNamed and TagNameOnly. Throws `ImageFault` of reason InvalidImageName. */
export function parseImageName(text: string): ImageName {
  const fault = imageFault(text);
  if (fault !== undefined) throw invalidName(text, fault);
  const at = text.indexOf("@");
  const named = at < 0 ? text : text.slice(0, at);
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !/^sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$/.test(digest))
    throw invalidName(text, `unsupported digest ${shown(digest)}`);
  const colon = named.indexOf(":", named.lastIndexOf("/") + 1);
  const tag = colon < 0 ? "latest" : named.slice(colon + 1);
  const place = placeOf(colon < 0 ? named : named.slice(0, colon));
  return digest === undefined ? { ...place, tag } : { ...place, digest };
}

/** `docker.io/library/busybox:latest`. */
export function fullName({ registry, repository, tag, digest }: ImageName): string {
  return `${registry}/${repository}${digest === undefined ? `:${tag}` : `@${digest}`}`;
}

function placeOf(named: string): { readonly registry: string; readonly repository: string } {
  const slash = named.indexOf("/");
  const first = named.slice(0, Math.max(slash, 0));
  const isRegistry = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  const registry = isRegistry ? first : defaultRegistry;
  const path = isRegistry ? named.slice(slash + 1) : named;
  if (registry !== defaultRegistry && registry !== "index.docker.io") return { registry, repository: path };
  return { registry: defaultRegistry, repository: path.includes("/") ? path : `library/${path}` };
}

function invalidName(text: string, why: string): ImageFault {
  return new ImageFault("InvalidImageName", `couldn't parse image name ${shown(text)}: ${why}`);
}
